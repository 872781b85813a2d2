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

pub(crate) use address::is_placeholder;
pub use address::{
    CommandLine, Location, PublicUrl, Secret, SecretAddress, hide_secrets, without_user,
};
pub use cadence::{Cadence, Cron, CronError};
pub use charset::{Charset, CharsetError};
pub use detail::Detail;
pub use document::{Document, Validators};
pub use element_path::{ElementPath, ElementPathError, Step};
pub use entry::{
    Advice, Channel, Extracted, Fault, Problem, RawAuthor, RawEnclosure, RawEntry, RawImage,
    RawLink, RawOrigin, RawTag, RawText,
};
pub use feed::{Fate, Feed, FeedName, FeedSummary, Scope, Site, Tombstone};
pub use feed_id::{Branch, Each, EachError, Facet, Facets, FeedId, FeedIdError};
pub use grammar::{Grammar, Separator, Shape, ShapeError, Shaped};
pub use hash::Hash;
pub use id::{IdError, ItemId, SourceId, StoryId, TopicId};
pub use item::{Enclosure, IdentityKey, IdentityKind, Image, Item, Link, Person, Relation};
pub use json_path::{JsonBase, JsonPath, JsonPathError, Located};
pub use kind::Kind;
pub use language::{Language, LanguageError};
pub use layout::{Layout, LayoutError};
pub use listen::{Listen, TrustedProxy};
pub use media_type::{LAZY_SOURCES, SOURCE_SETS, file_type, is_file_type};
pub use operator::Operator;
pub use pages::{Numbers, PageAddress, PageAddressError, PageWay, Pages};
pub use problem_code::{Care, ProblemCode};
pub use region::{Country, CountryError, Region, RegionError};
pub use repair::Repair;
pub use rules::{
    AddressPattern, Css, CssError, Field, Fields, Find, Pattern, PatternError, Reach, Replacement,
    Rule, Rules,
};
pub use safe_html::SafeHtml;
pub use source::{Former, Place, Reading, Source};
pub use story::{Alternate, Report, Story};
pub use time::{
    DateFormat, DateFormatError, DateOrder, Dated, EventDay, Precision, Published, Timestamp,
};
