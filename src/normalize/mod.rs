//! Raw entries to [`Item`]s: the one place where text found becomes something we promise.
//!
//! In: what `extract` found in the documents of one poll, and their source. Out: items in document order, each entry
//! once, and a [`Problem`] for whatever was doubted or left out. Pure: the only clock is the documents' `fetched_at`.

mod address;
mod html;
mod identity;
mod text;

use chrono::SubsecRound as _;
use url::Url;

pub use self::address::{canonical, comparable};
use self::html::Sanitizer;
pub use self::html::{VERSION as SANITIZER_VERSION, restored, text as plain_text};
pub use self::text::folded;
use crate::dates::{self, Hints, Reading};
use crate::model::{
    Channel, Dated, Document, Enclosure, Extracted, IdentityKey, IdentityKind, Item, ItemId,
    Language, Person, Problem, Published, RawAuthor, RawEnclosure, RawEntry, RawText, SafeHtml,
    Source, Timestamp,
};

/// Clocks and zones explain a date this far ahead; beyond it the publisher erred, or means an event.
const FUTURE_TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// What a list of any kind is cut to: tags, authors, enclosures.
const MAX_LIST: usize = 50;
/// How much of an unread date a problem shows.
const SHOWN_CHARACTERS: usize = 60;

/// The items of one poll.
#[derive(Clone, Debug, Default)]
pub struct Normalized {
    /// In document order, page after page.
    pub items: Vec<Item>,
    /// What was doubted or left out.
    pub problems: Vec<Problem>,
}

/// Normalizes what one poll of `source` brought: a document with its entries a page.
pub fn normalize(source: &Source, pages: Vec<(Document, Extracted)>) -> Normalized {
    let mut problems = Vec::new();
    let mut drafts = Vec::new();
    let mut position = 0;
    for (document, extracted) in pages {
        problems.extend(extracted.problems);
        let mut page = Page::new(source, &document, &extracted.channel);
        for entry in extracted.entries {
            drafts.extend(page.draft(entry, position, &mut problems));
            position += 1;
        }
    }
    let items = identity::assign(&source.id, drafts, &mut problems);
    Normalized { items, problems }
}

/// A document's channel, normalized, for those who show one document.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Plain text on one line.
    pub title: Option<String>,
    /// Plain text.
    pub description: Option<String>,
    /// The page it stands for.
    pub home_page: Option<Url>,
    /// Its language.
    pub language: Option<Language>,
}

/// Normalizes what a document says of itself.
pub fn about(document: &Document, channel: &Channel) -> About {
    About {
        title: channel
            .title
            .as_ref()
            .map(text::line)
            .filter(|title| !title.is_empty()),
        description: channel
            .description
            .as_ref()
            .map(text::line)
            .filter(|text| !text.is_empty()),
        home_page: channel
            .home_page
            .as_deref()
            .and_then(|home| canonical(home, &document.url)),
        language: channel.language.as_deref().and_then(|tag| tag.parse().ok()),
    }
}

/// An item without its identity, which depends on the others of its poll.
struct Draft {
    guid: Option<String>,
    item: Item,
}

struct Page<'a> {
    source: &'a Source,
    document: &'a Document,
    channel: &'a Channel,
    sanitizer: Sanitizer,
}

impl<'a> Page<'a> {
    fn new(source: &'a Source, document: &'a Document, channel: &'a Channel) -> Self {
        Self {
            source,
            document,
            channel,
            sanitizer: Sanitizer::new(&document.url),
        }
    }

    fn draft(
        &mut self,
        entry: RawEntry,
        position: usize,
        problems: &mut Vec<Problem>,
    ) -> Option<Draft> {
        let base = entry.base.as_ref().unwrap_or(&self.document.url);
        self.sanitizer.rebase(base);
        let safe =
            |text: &Option<RawText>| text.as_ref().and_then(|text| self.sanitizer.sanitize(text));
        let (summary, content) = (safe(&entry.summary), safe(&entry.content));
        let text = plain(&[summary.as_ref(), content.as_ref()]);
        let stated_title = entry
            .title
            .as_ref()
            .map(text::line)
            .filter(|title| !title.is_empty());
        let Some(title) = stated_title.or_else(|| text::title_from(&text)) else {
            problems.push(Problem::Empty {
                position: position + 1,
            });
            return None;
        };
        let language = self.language(&entry);
        let dates = self.dates(&entry, language.as_ref(), position, problems);
        let list = |kept: Vec<String>| kept.into_iter().take(MAX_LIST).collect();
        let item = Item {
            id: ItemId::new(&self.source.id, &unidentified()),
            key: unidentified(),
            weak_key: unidentified(),
            source: self.source.id.clone(),
            title,
            address: entry.link.as_deref().and_then(|link| canonical(link, base)),
            summary,
            content,
            text,
            language,
            authors: self.authors(&entry, base),
            tags: list(text::once_each(
                entry
                    .tags
                    .iter()
                    .map(|tag| text::line(&RawText::Unsaid(tag.clone()))),
            )),
            enclosures: entry
                .enclosures
                .iter()
                .filter_map(|found| enclosure(found, base))
                .take(MAX_LIST)
                .collect(),
            stated: dates.stated,
            published: dates.published,
            updated: dates.updated,
            position: u32::try_from(position).unwrap_or(u32::MAX),
        };
        Some(Draft {
            guid: entry
                .guid
                .map(|guid| text::bounded(guid.trim(), text::MAX_LINE)),
            item,
        })
    }

    /// The operator knows best, then the entry; a channel's language is often a template's default.
    fn language(&self, entry: &RawEntry) -> Option<Language> {
        let found = |tag: &Option<String>| tag.as_deref().and_then(|tag| tag.parse().ok());
        self.source
            .language
            .clone()
            .or_else(|| found(&entry.language))
            .or_else(|| found(&self.channel.language))
    }

    fn authors(&self, entry: &RawEntry, base: &Url) -> Vec<Person> {
        let found = if entry.authors.is_empty() {
            &self.channel.authors
        } else {
            &entry.authors
        };
        let mut people: Vec<Person> = Vec::new();
        for person in found.iter().filter_map(|author| person(author, base)) {
            if people.len() < MAX_LIST && !people.iter().any(|known| known.name == person.name) {
                people.push(person);
            }
        }
        people
    }

    fn dates(
        &self,
        entry: &RawEntry,
        language: Option<&Language>,
        position: usize,
        problems: &mut Vec<Problem>,
    ) -> Dates {
        let now = self.document.fetched_at;
        let hints = Hints {
            language,
            order: self.source.date_order,
            zone: self.source.zone,
            now,
        };
        let shown = |text: &str| text::bounded(text.trim(), SHOWN_CHARACTERS);
        let position = position + 1;
        let read = |text: &str| read_date(text, &hints);
        let reading = entry.published.as_deref().and_then(|text| {
            let reading = read(text);
            if reading.is_none() {
                problems.push(Problem::UnreadDate {
                    position,
                    text: shown(text),
                });
            }
            reading
        });
        let updated = entry
            .updated
            .as_deref()
            .and_then(read)
            .map(|reading| reading.dated().at.to_utc());
        let stated = match &reading {
            Some(Reading::Absolute(dated)) => Some(*dated),
            _ => None,
        };
        let ahead = |dated: &Dated| dated.at > now + FUTURE_TOLERANCE;
        let published = match reading {
            Some(reading) if ahead(&reading.dated()) => {
                let text = shown(entry.published.as_deref().unwrap_or_default());
                problems.push(Problem::FutureDate { position, text });
                Published::FirstSeen(now)
            }
            Some(Reading::Absolute(dated)) => Published::Stated(dated),
            Some(Reading::Derived(dated)) => Published::Derived(dated),
            None => Published::FirstSeen(now),
        };
        Dates {
            stated,
            published,
            updated: updated.filter(|updated| *updated <= now),
        }
    }
}

/// The date that `text` is, else the first within it; in whole seconds, as rows and feeds hold it.
fn read_date(text: &str, hints: &Hints<'_>) -> Option<Reading> {
    let reading = dates::read(text, hints);
    let whole = |dated: Dated| Dated {
        at: dated.at.trunc_subsecs(0),
        ..dated
    };
    match reading.or_else(|| dates::find(text, hints).map(|(_, reading)| reading))? {
        Reading::Absolute(dated) => Some(Reading::Absolute(whole(dated))),
        Reading::Derived(dated) => Some(Reading::Derived(whole(dated))),
    }
}

struct Dates {
    stated: Option<Dated>,
    published: Published,
    updated: Option<Timestamp>,
}

/// What stands in a draft until `identity::assign` has seen the whole poll.
fn unidentified() -> IdentityKey {
    IdentityKey {
        kind: IdentityKind::DateTitle,
        value: String::new(),
    }
}

/// The texts without markup; a summary that the content begins with is not repeated.
fn plain(parts: &[Option<&SafeHtml>; 2]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .flatten()
        .map(|html| html::text(html))
        .collect();
    match texts.as_slice() {
        [summary, content] if content.starts_with(summary.as_str()) => content.clone(),
        texts => texts.join("\n"),
    }
}

/// RSS 2.0 writes `mail (name)`, others `name <mail>`; the address is the author's own business.
fn person(author: &RawAuthor, base: &Url) -> Option<Person> {
    let line = text::line(&RawText::Unsaid(author.name.clone()));
    let named = match line.split_once('(') {
        Some((mail, name)) if mail.contains('@') => name.trim_end_matches(')').trim(),
        _ => match line.rsplit_once('<') {
            Some((name, mail)) if mail.contains('@') && !name.trim().is_empty() => name.trim(),
            _ => line.as_str(),
        },
    };
    let url = author.url.as_deref().and_then(|url| canonical(url, base));
    (!named.is_empty()).then(|| Person {
        name: named.to_owned(),
        url,
    })
}

fn enclosure(found: &RawEnclosure, base: &Url) -> Option<Enclosure> {
    let mime_type = found
        .mime_type
        .as_deref()
        .map(str::trim)
        .filter(|mime| mime.contains('/') && mime.len() < 128);
    Some(Enclosure {
        url: canonical(&found.url, base)?,
        mime_type: mime_type
            .unwrap_or("application/octet-stream")
            .to_ascii_lowercase(),
        length_bytes: found
            .length_bytes
            .as_deref()
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::model::{Cadence, Location, Place, Precision, PublicUrl, Reading as Kind};

    pub(crate) fn source() -> Source {
        let url: Url = "https://host.example/list".parse().unwrap();
        Source {
            place: Place {
                file: "sources.toml".into(),
                line: 1,
                column: 1,
            },
            id: "host".parse().unwrap(),
            name: "Host".into(),
            location: Location::Http(PublicUrl::new(url)),
            reading: Kind::Feed,
            cadence: Cadence::Every(Duration::from_mins(1)),
            zone: chrono_tz::UTC,
            language: None,
            date_order: None,
            rank: 100,
            topics: Vec::new(),
        }
    }

    pub(crate) mod entry {
        use super::*;

        /// Entries as `guid|link|title|date|text|updated` in one document fetched on 1 July 2021.
        pub(crate) fn page(entries: &[&str]) -> (Document, Extracted) {
            page_at(Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0).unwrap(), entries)
        }

        pub(crate) fn page_at(fetched_at: Timestamp, entries: &[&str]) -> (Document, Extracted) {
            let entries = entries.iter().map(|line| {
                let mut parts = line
                    .split('|')
                    .map(|part| (!part.is_empty()).then(|| part.to_owned()));
                let mut next = || parts.next().flatten();
                RawEntry {
                    guid: next(),
                    link: next(),
                    title: next().map(RawText::Plain),
                    published: next(),
                    summary: next().map(RawText::Plain),
                    updated: next(),
                    ..RawEntry::default()
                }
            });
            let document = Document {
                url: "https://host.example/list".parse().unwrap(),
                content_type: None,
                body: Vec::new(),
                fetched_at,
            };
            let extracted = Extracted {
                entries: entries.collect(),
                ..Extracted::default()
            };
            (document, extracted)
        }
    }

    fn published(date: &str) -> (Published, Option<Dated>, usize) {
        let normalized = normalize(&source(), vec![entry::page(&[&format!("||One|{date}")])]);
        let item = &normalized.items[0];
        (item.published, item.stated, normalized.problems.len())
    }

    #[test]
    fn dates_say_where_they_come_from() {
        let day = |text: &str| Dated {
            at: chrono::DateTime::parse_from_rfc3339(text).unwrap(),
            precision: Precision::Day,
        };
        let now = Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0).unwrap();
        let stated = day("2021-06-28T00:00:00Z");
        assert_eq!(
            published("28 June 2021"),
            (Published::Stated(stated), Some(stated), 0)
        );
        assert_eq!(
            published("3 days ago"),
            (Published::Derived(stated), None, 0)
        );
        assert_eq!(published(""), (Published::FirstSeen(now), None, 0));
        assert_eq!(published("soon"), (Published::FirstSeen(now), None, 1));
        let ahead = day("2099-01-01T00:00:00Z");
        assert_eq!(
            published("1 January 2099"),
            (Published::FirstSeen(now), Some(ahead), 1)
        );
    }

    #[test]
    fn authors_lose_their_mail_addresses() {
        let name = |text: &str| {
            let author = RawAuthor {
                name: text.into(),
                url: None,
            };
            person(&author, &"https://host.example/".parse().unwrap()).map(|person| person.name)
        };
        assert_eq!(
            name("ana@host.example (Ana &amp; Co)").as_deref(),
            Some("Ana & Co")
        );
        assert_eq!(name("Ana <ana@host.example>").as_deref(), Some("Ana"));
        assert_eq!(name(" "), None);
    }
}
