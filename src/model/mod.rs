//! The types shared by all stages: source, document, entry, item and story.
//!
//! Types only, each checked when it is created: a value is proof that it is well formed. No IO, no clock.

mod address;
mod cadence;
mod charset;
mod detail;
mod document;
mod element_path;
mod entry;
mod feed;
mod feed_id;
mod grammar;
mod hash;
mod id;
mod item;
mod json_path;
mod kind;
mod language;
mod layout;
mod listen;
mod local_time;
mod media_type;
mod operator;
mod pages;
mod problem_code;
mod region;
mod repair;
mod rules;
mod safe_html;
mod source;
mod story;
mod time;

pub(crate) use address::is_placeholder_link;
pub use address::{
    CommandLine, Location, PublicUrl, Secret, SecretAddress, hide_secrets, without_credentials,
};
pub use cadence::{Cadence, Cron, CronError};
pub use charset::{Charset, CharsetError};
pub use detail::EntryDetail;
pub use document::{Document, Validators};
pub use element_path::{ElementPath, ElementPathError, Step};
pub use entry::{
    DocumentMetadata, Extracted, FormatFault, Problem, RawAuthor, RawEnclosure, RawEntry, RawImage,
    RawLink, RawOrigin, RawTag, RawText, SubscriptionHints,
};
pub use feed::{Feed, FeedName, FeedScope, FeedSummary, RemovalReason, Site, Tombstone};
pub use feed_id::{Branch, Facet, FacetSet, FacetSetError, FeedId, FeedIdError, StoryFacets};
pub use grammar::{Grammar, Separator, Shape, ShapeError, Shaped};
pub use hash::Hash;
pub use id::{IdError, ItemId, SourceId, StoryId, TopicId};
pub use item::{Enclosure, IdentityKey, IdentityKind, Image, Item, Link, LinkRelation, Person};
pub use json_path::{JsonBase, JsonPath, JsonPathError, Located};
pub use kind::SourceKind;
pub use language::{Language, LanguageError};
pub use layout::{Layout, LayoutError};
pub use listen::{ListenAddress, TrustedProxy};
pub use media_type::{LAZY_SOURCES, SOURCE_SETS, file_type, is_file_type};
pub use operator::Operator;
pub use pages::{Numbers, PageAddress, PageAddressError, PageWay, Pages};
pub use problem_code::{AttentionLevel, ProblemCode};
pub use region::{Country, CountryError, Region, RegionError};
pub use repair::Repair;
pub use rules::{
    AddressPattern, Css, CssError, Field, Fields, Find, Pattern, PatternError, Reach, Replacement,
    Rule, Rules,
};
pub use safe_html::SafeHtml;
pub use source::{ConfigPosition, FormerName, Reading, Source};
pub use story::{Alternate, Report, Story};
pub use time::{
    DateFormat, DateFormatError, DateOrder, Dated, EventDay, Precision, Published, Timestamp,
};
