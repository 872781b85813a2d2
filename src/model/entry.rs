//! The output of `extract`: entries as they are in the document, with nothing decided yet.

use url::Url;

use super::{DateOrder, Layout, LinkRelation};

/// Text as found, with the type that the format declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawText {
    /// Plain text: `<` and `&` are themselves.
    Plain(String),
    /// Markup: entities are still to be decoded.
    Html(String),
    /// Undeclared (RSS titles and descriptions): the text itself decides.
    Unsaid(String),
}

impl RawText {
    /// Returns the characters as found.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Html(text) | Self::Unsaid(text) => text,
        }
    }
}

/// An author as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawAuthor {
    /// The name, or `mail (name)` as RSS 2.0 writes it.
    pub name: String,
    /// Page of the author, possibly relative.
    pub url: Option<String>,
}

/// An attached file as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEnclosure {
    /// Address, possibly relative.
    pub url: String,
    /// The label of the link to it, for people.
    pub title: Option<String>,
    /// Media type as found.
    pub mime_type: Option<String>,
    /// Size in bytes as found.
    pub length_bytes: Option<String>,
    /// Playing time as found: seconds, or hours, minutes and seconds separated by colons.
    pub duration: Option<String>,
}

/// A link of an entry to another page, as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLink {
    /// The relation between the entry and that page.
    pub relation: LinkRelation,
    /// Address, possibly relative.
    pub url: String,
    /// Title of the page.
    pub title: Option<String>,
}

/// A picture as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawImage {
    /// Address, possibly relative.
    pub url: String,
    /// Description of what it shows.
    pub alt: Option<String>,
    /// Width in pixels as found.
    pub width: Option<String>,
    /// Height in pixels as found.
    pub height: Option<String>,
}

impl From<String> for RawImage {
    fn from(url: String) -> Self {
        Self {
            url,
            ..Self::default()
        }
    }
}

/// A category as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawTag {
    /// Its name for people, or else its machine-readable name.
    pub name: String,
    /// The scheme that it belongs to (Atom `scheme`, RSS `domain`).
    pub scheme: Option<String>,
}

impl From<String> for RawTag {
    fn from(name: String) -> Self {
        Self { name, scheme: None }
    }
}

/// The original publication of an entry that was republished (RSS and Atom `source`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawOrigin {
    /// The title of the other feed.
    pub title: Option<String>,
    /// Its page or address, possibly relative.
    pub url: Option<String>,
}

/// One bulletin as published: optional text as found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawEntry {
    /// The publisher's identifier, exactly as written.
    pub guid: Option<String>,
    /// Title.
    pub title: Option<RawText>,
    /// Address of the entry, possibly relative to `base`.
    pub link: Option<String>,
    /// The base of relative addresses in this entry, if it differs from the document's address.
    pub base: Option<Url>,
    /// Short text.
    pub summary: Option<RawText>,
    /// The base of the summary's addresses, if it differs from `base`.
    pub summary_base: Option<Url>,
    /// Full text.
    pub content: Option<RawText>,
    /// The base of the content's addresses, if it differs from `base`.
    pub content_base: Option<Url>,
    /// Date of publication as found.
    pub published: Option<String>,
    /// Date of last change as found.
    pub updated: Option<String>,
    /// Day of the announced event, as found.
    pub event: Option<String>,
    /// Language tag as found.
    pub language: Option<String>,
    /// Authors in order.
    pub authors: Vec<RawAuthor>,
    /// Tags or categories in order.
    pub tags: Vec<RawTag>,
    /// Attached files in order.
    pub enclosures: Vec<RawEnclosure>,
    /// Links to other pages in order.
    pub links: Vec<RawLink>,
    /// The picture that represents the entry.
    pub image: Option<RawImage>,
    /// Address of the page of comments.
    pub comments: Option<String>,
    /// Address or name of the licence, or the rights as stated.
    pub license: Option<String>,
    /// The feed that it was taken over from.
    pub origin: Option<RawOrigin>,
    /// Latitude and longitude in degrees (WGS 84), in this order.
    pub point: Option<(f64, f64)>,
    /// The number of the part of a page that lists it with others. `None` if the document is one list.
    pub list: Option<usize>,
}

/// Data that a document gives about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentMetadata {
    /// The feed format: `RSS 2.0`, `Atom`.
    pub format: Option<String>,
    /// Its title.
    pub title: Option<RawText>,
    /// Its description or subtitle.
    pub description: Option<RawText>,
    /// The page that the feed represents.
    pub home_page: Option<String>,
    /// Its language tag.
    pub language: Option<String>,
    /// Authors, for entries that name none.
    pub authors: Vec<RawAuthor>,
    /// Address of its logo or picture.
    pub image: Option<String>,
    /// Its licence, or the rights as stated.
    pub license: Option<String>,
    /// Its hints for subscribers.
    pub advice: SubscriptionHints,
}

/// The hints that a feed gives its subscribers: its address, how often it changes, and when it does not. Addresses are
/// as found, or absolute if `xml:base` gives their base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionHints {
    /// Its own address (`atom:link rel="self"`).
    pub self_link: Option<String>,
    /// Its address from now on (`itunes:new-feed-url`).
    pub moved_to: Option<String>,
    /// Hubs that announce changes (`WebSub`).
    pub hubs: Vec<String>,
    /// The next page of the same feed (RFC 5005 §3).
    pub next: Option<String>,
    /// The archive before this one (RFC 5005 §4).
    pub previous_archive: Option<String>,
    /// True if it contains every entry that exists (RFC 5005 §2).
    pub is_complete: bool,
    /// For how many minutes it may be cached (RSS `ttl`).
    pub ttl_minutes: Option<u32>,
    /// Hours of the day in UTC in which it does not change (RSS `skipHours`), 0 to 23.
    pub skip_hours: Vec<u8>,
    /// Days on which it does not change (RSS `skipDays`), as found.
    pub skip_days: Vec<String>,
    /// `hourly` to `yearly` (RSS 1.0 syndication module).
    pub update_period: Option<String>,
    /// Number of updates in that period.
    pub update_frequency: Option<u32>,
    /// The date that periods are counted from, as found.
    pub update_base: Option<String>,
    /// The address at which a `cloud` accepts subscriptions (rssCloud): host, port and path.
    pub cloud: Option<String>,
}

/// A violation of a feed's format, and how it is handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// `R&D`
    #[error("`&` begins no entity; it stays as it is")]
    BareAmpersand,
    /// `a < b`
    #[error("`<` begins no tag; it stays as it is")]
    LoneLess,
    /// A name that HTML does not define.
    #[error(
        "the entity `&{0};` is none of HTML's; it stays as it is (what a document declares is not expanded)"
    )]
    UnknownEntity(String),
    /// A tag without its end, or with a quote left open.
    #[error("a tag is broken; it is read up to where the next markup shows that it has ended")]
    BrokenTag,
    /// A comment or instruction without its end, or `<!` before something unknown.
    #[error("a comment or declaration is broken; it is left out up to the next tag")]
    BadDeclaration,
    /// `<![CDATA[` without `]]>`
    #[error("a CDATA section is not closed; it goes on to the end of the document")]
    UnclosedCdata,
    /// A character that XML 1.0 (§2.2) forbids.
    #[error("a control character stands here; it is left out")]
    ControlCharacter,
    /// Unescaped HTML tags in a text of the feed.
    #[error(
        "tags stand in the text of `<{0}>` as if they were the feed's own; they are read as HTML"
    )]
    NakedMarkup(String),
    /// An element closed by another element's end tag.
    #[error("`<{0}>` is not closed; it ends where the feed goes on")]
    Unclosed(String),
    /// An end tag without a start tag.
    #[error("`</{0}>` closes nothing; it is ignored")]
    StrayEnd(String),
    /// Elements nested too deep.
    #[error("elements are nested too deep; the innermost are left out")]
    TooDeep,
    /// Text before the root element.
    #[error("something stands before the feed; it is left out")]
    JunkBefore,
    /// Text after the root element.
    #[error("something stands behind the end of the feed; text is left out, entries are read")]
    JunkAfter,
    /// Text between elements.
    #[error("text stands outside of all elements; it is left out")]
    LooseText,
    /// The end of the document within an entry.
    #[error("the document ends within the entry that begins here; that entry is left out")]
    CutEntry,
    /// The end of the document before that of the feed.
    #[error("the document ends before the feed does; what was read is kept")]
    Cut,
    /// Invalid JSON in a JSON Feed.
    #[error("{0}")]
    Json(&'static str),
}

/// Something that could not be read, although the rest was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A document that is not in the charset it declares, or that declares none.
    #[error("{}; it was read as `{read}`, `charset` changes that", describe_charset(stated.as_deref()))]
    Charset {
        /// The label as found, if the document declares one.
        stated: Option<String>,
        /// The encoding that its bytes suggest.
        read: &'static str,
    },
    /// Bytes that are not text in the document's encoding.
    #[error("{count} places are no text in `{charset}` and were replaced by what they look like")]
    BadBytes {
        /// Number of places.
        count: usize,
        /// The encoding that the document was read as.
        charset: &'static str,
    },
    /// An entry without a title or text.
    #[error("entry {position} has neither a title nor a text and was left out")]
    Empty {
        /// Counted from 1.
        position: usize,
    },
    /// The document breaks its format.
    #[error("line {line}: {fault}{}", describe_repeated(*times))]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// The violation.
        fault: FormatFault,
        /// Number of occurrences in the document.
        times: usize,
    },
    /// An item of a JSON Feed that is not an object.
    #[error("entry {position} is no object and was left out")]
    NoObject {
        /// Counted from 1.
        position: usize,
    },
    /// A member of an item that has the wrong type.
    #[error("entry {position}: `{field}` is of the wrong type and was left out")]
    WrongType {
        /// Counted from 1.
        position: usize,
        /// Its name.
        field: &'static str,
    },
    /// More entries than allowed in one document.
    #[error("more than {limit} entries: the rest was left out")]
    TooManyEntries {
        /// Number of entries kept.
        limit: usize,
    },
    /// Documents named by an index that could not be read.
    #[error("{unread} of {parts} documents that the index names could not be read: {reason}")]
    Parts {
        /// Number of unread documents.
        unread: usize,
        /// Number of documents requested.
        parts: usize,
        /// The reason for the first failure.
        reason: String,
    },
    /// Text or values of an entry that exceed the limit of a field.
    #[error("entry {position}: more than {limit} {unit} of `{field}`: the rest was left out")]
    Cut {
        /// Counted from 1.
        position: usize,
        /// Its name for people.
        field: &'static str,
        /// Number of units kept.
        limit: usize,
        /// The unit counted.
        unit: &'static str,
    },
    /// A date that could not be read.
    #[error("entry {position}: the date `{text}` was not understood")]
    UnreadDate {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
    },
    /// A date of which one part was ignored, although it looks like a time or a zone.
    #[error("entry {position}: of the date `{text}` only `{read}` was understood")]
    PartOfDate {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
        /// The part that was read.
        read: String,
    },
    /// Ranges of days, of which only the first day is kept.
    #[error("of {count} date{} such as `{text}` only the first day is kept", if *count == 1 { "" } else { "s" })]
    RangeEnds {
        /// Number of ranges.
        count: usize,
        /// The first as found, cut short.
        text: String,
    },
    /// A publication date further ahead than clocks and zones explain: it is the day of the announced event.
    #[error("entry {position}: `{text}` lies ahead; it is kept as the day of the event")]
    DayAhead {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
    },
    /// A publication date in the future, in an entry that gives another day for its event.
    #[error(
        "entry {position}: the date `{text}` lies in the future; the time of first reading stands instead"
    )]
    FutureDate {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
    },
    /// Several entries of one document under one identifier or address.
    #[error(
        "entry {position} shares its {kind} with another entry of the page and is told apart by date and title"
    )]
    SharedIdentity {
        /// Counted from 1.
        position: usize,
        /// `guid` or `address`.
        kind: &'static str,
    },
    /// The same entry twice in one document.
    #[error("entry {position} stands twice in the document")]
    Repeated {
        /// Counted from 1.
        position: usize,
    },
    /// A rule that found something in some entries only.
    #[error("the rule of `{field}` found nothing in {missing} of {entries} entries")]
    Uneven {
        /// The configuration's key.
        field: &'static str,
        /// Entries without it.
        missing: usize,
        /// All entries.
        entries: usize,
    },
    /// Matches of `select.item` nested in one another, some of which are not entries.
    #[error("{}", describe_nested(*entries, *dropped))]
    Nested {
        /// Those that are entries.
        entries: usize,
        /// Matches that are not entries.
        dropped: usize,
    },
    /// A selector of `remove` that matches nothing.
    #[error("`remove` (`{selector}`) finds nothing on the page")]
    RemovesNothing {
        /// As configured.
        selector: String,
    },
    /// Pages of entries that could not be fetched.
    #[error("{failed} entries stand without what their own pages say: {reason}")]
    Details {
        /// Number of pages.
        failed: usize,
        /// The reason for the first failure.
        reason: String,
    },
    /// Pages of entries that the publisher removed permanently (HTTP 410), although the list still names them.
    #[error(
        "{count} pages of entries are gone for good (410), the first {address}: if what it told is not so, `tidings stories withdraw {address} --reason WHY` takes it out"
    )]
    Gone {
        /// Number of pages.
        count: usize,
        /// The address of the first.
        address: String,
    },
    /// Entries without a title, from a source whose detail pages are not read.
    #[error(
        "{untitled} of {entries} entries have no title: their addresses stand in, `detail` would read it of their pages"
    )]
    Untitled {
        /// Entries without a title.
        untitled: usize,
        /// All entries.
        entries: usize,
    },
    /// A part of a text, between separators, that `record` does not match.
    #[error("part {position} of the text does not match `record` and was left out")]
    NoRecord {
        /// Counted from 1.
        position: usize,
    },
    /// Text outside the matches of `record`.
    #[error("{lines} lines are part of no match of `record` and were left out")]
    Unmatched {
        /// Number of lines, not counting blank ones.
        lines: usize,
    },
    /// Numbers missing from the titles of a series.
    #[error("{}", describe_skipped(*first, *last))]
    Skipped {
        /// The first missing one.
        first: u32,
        /// The last missing one.
        last: u32,
    },
    /// A page on which the layout kept for its source reads fewer records than a fresh detection.
    #[error(
        "the kept layout reads {records} record{}, a fresh look finds {found}",
        if *records == 1 { "" } else { "s" }
    )]
    ReadsLess {
        /// Records that the kept layout reads.
        records: usize,
        /// Records that a fresh detection finds, including those.
        found: usize,
        /// The layout of the fresh detection.
        layout: Layout,
    },
    /// Text that belongs to no entry.
    #[error("{lines} lines before the first entry were left out")]
    Preamble {
        /// Number of lines.
        lines: usize,
    },
}

/// The maximum number of lines above the first notice of a bulletin that belong to no entry: names, a greeting, a date.
const HEADING_LINES: usize = 12;

impl Problem {
    /// Returns true if the document ends prematurely: the rest may come with the next answer, even if that claims that
    /// nothing has changed.
    pub fn is_truncated(&self) -> bool {
        let Self::Malformed { fault, .. } = self else {
            return false;
        };
        matches!(
            fault,
            FormatFault::Cut | FormatFault::CutEntry | FormatFault::UnclosedCdata
        )
    }

    /// Returns true if it reports nothing but the heading of a bulletin, as it will at every poll.
    pub fn is_heading_only(&self) -> bool {
        matches!(self, Self::Preamble { lines } if *lines <= HEADING_LINES)
    }

    /// Returns true if it concerns the published document, not how it was read.
    pub fn is_document_note(&self) -> bool {
        matches!(
            self,
            Self::DayAhead { .. }
                | Self::Gone { .. }
                | Self::RangeEnds { .. }
                | Self::Skipped { .. }
        )
    }

    /// Returns true if something was left out because of it; all other problems were repaired.
    pub fn loses_content(&self) -> bool {
        let Self::Malformed { fault, .. } = self else {
            return !matches!(
                self,
                Self::Charset { .. }
                    | Self::DayAhead { .. }
                    | Self::Gone { .. }
                    | Self::Nested { .. }
                    | Self::PartOfDate { .. }
                    | Self::RangeEnds { .. }
                    | Self::RemovesNothing { .. }
                    | Self::SharedIdentity { .. }
                    | Self::Skipped { .. }
                    | Self::Untitled { .. }
            );
        };
        self.is_truncated()
            || matches!(
                fault,
                FormatFault::BadDeclaration
                    | FormatFault::TooDeep
                    | FormatFault::JunkAfter
                    | FormatFault::LooseText
            )
    }
}

/// Returns ``1 of 4 matches of `select.item` contains entries or lies inside one: it is not an entry itself``.
fn describe_nested(entries: usize, dropped: usize) -> String {
    let matches = entries + dropped;
    match dropped {
        1 => format!(
            "1 of {matches} matches of `select.item` contains entries or lies inside one: it is not an entry itself"
        ),
        _ => format!(
            "{dropped} of {matches} matches of `select.item` contain entries or lie inside one: they are not entries themselves"
        ),
    }
}

fn describe_repeated(times: usize) -> String {
    match times {
        0 | 1 => String::new(),
        times => format!(" ({times} times)"),
    }
}

/// Returns `no. 41 is missing between no. 40 and no. 42`.
fn describe_skipped(first: u32, last: u32) -> String {
    let (before, behind) = (first.saturating_sub(1), last.saturating_add(1));
    let missing = match last.saturating_sub(first) {
        0 => format!("no. {first} is missing"),
        1 => format!("no. {first} and no. {last} are missing"),
        _ => format!("no. {first} to no. {last} are missing"),
    };
    format!("{missing} between no. {before} and no. {behind}")
}

fn describe_charset(stated: Option<&str>) -> String {
    stated.map_or_else(
        || "the document does not say its charset".to_owned(),
        |label| format!("the document says `{label}` of its charset, which it is not"),
    )
}

/// The result of reading one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    /// Data that the document gives about itself.
    pub channel: DocumentMetadata,
    /// Entries in document order.
    pub entries: Vec<RawEntry>,
    /// The parts that were left out, and the reasons.
    pub problems: Vec<Problem>,
    /// Next pages of the same list, to fetch within the poll's budget.
    pub follow: Vec<Url>,
    /// The layout by which the records of a page were found without selectors.
    pub layout: Option<Layout>,
    /// The order of day and month in the document's dates, if anything besides its entries determines it.
    pub date_order: Option<DateOrder>,
}

impl Extracted {
    /// Returns true if the document only names the documents that contain the list, as an index of sitemaps does. An
    /// unchanged index says nothing about their contents.
    pub fn is_index(&self) -> bool {
        self.entries.is_empty() && !self.follow.is_empty()
    }
}
