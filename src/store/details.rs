//! Stores what was read from the pages that entries link to, so that each page is requested once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rusqlite::{Connection, Row, named_params, params};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Poll, PollOutcome, StoreError, StoreReader, rows};
use crate::model::{
    EntryDetail, Hash, RawAuthor, RawEnclosure, RawImage, RawTag, RawText, SourceId, Timestamp,
};

/// An entry's page is forgotten if the list has not contained the entry for this long.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// The time when an entry was last listed is updated at most this often, so that most polls leave the row alone.
const LISTED_STEP: Duration = Duration::from_hours(24);

/// The details that a poll read from the pages of its entries.
#[derive(Clone, Debug)]
pub struct PollDetails {
    /// Addresses of the entries seen.
    pub listed: Vec<String>,
    /// Details to keep from now on, by address.
    pub changed: Vec<(String, KeptDetail)>,
}

/// The stored details of one entry's page.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptDetail {
    /// Hash of the list entry for which the page was read.
    pub entry: Hash,
    /// Hash of the rules used to read it.
    pub rules: Hash,
    /// The content when it was last read.
    pub detail: Option<EntryDetail>,
    /// The HTTP status of the last failure, if a response arrived.
    pub http_status: Option<u16>,
    /// Number of failures since the page was read, or since its entry changed.
    pub tries: u32,
    /// Number of successful readings.
    pub readings: u32,
    /// When the page was last read.
    pub read_at: Option<Timestamp>,
    /// When to request the page next; `None` once it is settled.
    pub next_try: Option<Timestamp>,
}

impl StoreReader {
    /// Returns the stored details of the pages at these addresses.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn kept_details(
        &self,
        source: &SourceId,
        addresses: &[String],
    ) -> Result<HashMap<String, KeptDetail>, StoreError> {
        let sql = "SELECT * FROM detail WHERE source = ? AND address = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut kept = HashMap::new();
        for address in addresses {
            let mut found = statement.query([source.as_str(), address])?;
            if let Some(row) = found.next()? {
                kept.insert(address.clone(), read_kept_detail(row)?);
            }
        }
        Ok(kept)
    }

    /// Returns the pages due at `at`, because earlier polls had no time for them or failed to read them.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn owed_details(
        &self,
        source: &SourceId,
        at: Timestamp,
    ) -> Result<HashSet<String>, StoreError> {
        let sql = "SELECT address FROM detail WHERE source = ? AND next_try <= ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let found =
            statement.query_map(params![source.as_str(), at.timestamp()], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn read_kept_detail(row: &Row<'_>) -> Result<KeptDetail, StoreError> {
    let hash = |column: &'static str| rows::parse_hash(column, &row.get::<_, Vec<u8>>(column)?);
    let instant = |column: &'static str| rows::parse_optional_instant(column, row.get(column)?);
    let detail: Option<String> = row.get("detail")?;
    let wire = detail.map(|text| rows::parse_json::<StoredDetail>("detail", &text));
    Ok(KeptDetail {
        entry: hash("entry")?,
        rules: hash("rules")?,
        detail: wire.transpose()?.map(EntryDetail::from),
        http_status: row.get("http_status")?,
        tries: row.get("tries")?,
        readings: row.get("readings")?,
        read_at: instant("read_at")?,
        next_try: instant("next_try")?,
    })
}

/// Writes the details that `poll` read.
pub(super) fn write_details(connection: &Connection, poll: &Poll) -> Result<(), StoreError> {
    let Some(PollDetails { listed, changed }) = &poll.details else {
        return Ok(());
    };
    let (source, at) = (poll.source.as_str(), poll.at.timestamp());
    for (address, kept) in changed {
        write_detail(connection, poll, address, kept)?;
    }
    let sql = "UPDATE detail SET listed_at = ?1
               WHERE source = ?2 AND address = ?3 AND (next_try IS NOT NULL OR listed_at <= ?4)";
    let mut statement = connection.prepare_cached(sql)?;
    for address in listed {
        statement.execute(params![
            at,
            source,
            address,
            seconds_before(at, LISTED_STEP)
        ])?;
    }
    if !matches!(poll.outcome, PollOutcome::Read { .. }) {
        return Ok(());
    }
    // A page that is still due but was out of reach of a whole walk can never be read.
    let sql =
        "UPDATE detail SET next_try = NULL WHERE source = ?1 AND next_try <= ?2 AND listed_at < ?2";
    connection
        .prepare_cached(sql)?
        .execute(params![source, at])?;
    let sql = "DELETE FROM detail WHERE source = ? AND listed_at < ?";
    connection
        .prepare_cached(sql)?
        .execute(params![source, seconds_before(at, KEPT)])?;
    Ok(())
}

fn seconds_before(at: i64, age: Duration) -> i64 {
    at.saturating_sub(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}

fn write_detail(
    connection: &Connection,
    poll: &Poll,
    address: &str,
    kept: &KeptDetail,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO detail VALUES (:source, :address, :entry, :rules, :detail, :http_status,
               :tries, :readings, :read_at, :next_try, :listed_at)";
    let detail = kept
        .detail
        .clone()
        .map(|detail| rows::to_json(&StoredDetail::from(detail)));
    connection.prepare_cached(sql)?.execute(named_params! {
        ":source": poll.source.as_str(),
        ":address": address,
        ":entry": kept.entry.as_bytes(),
        ":rules": kept.rules.as_bytes(),
        ":detail": detail,
        ":http_status": kept.http_status,
        ":tries": kept.tries,
        ":readings": kept.readings,
        ":read_at": kept.read_at.map(|at| at.timestamp()),
        ":next_try": kept.next_try.map(|at| at.timestamp()),
        ":listed_at": poll.at.timestamp(),
    })?;
    Ok(())
}

/// A detail as stored in a row. Fields that a later version adds are preserved.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredDetail {
    told: Vec<String>,
    link: Option<String>,
    title: Option<StoredText>,
    summary: Option<StoredText>,
    content: Option<StoredText>,
    base: Option<Url>,
    published: Option<String>,
    updated: Option<String>,
    event: Option<String>,
    language: Option<String>,
    authors: Vec<(String, Option<String>)>,
    tags: Vec<(String, Option<String>)>,
    enclosures: Vec<(String, Option<String>, Option<String>)>,
    /// The titles of `enclosures`; may be fewer.
    labels: Vec<Option<String>>,
    image: Option<String>,
    /// The description, width and height of `image`.
    #[serde(default)]
    image_told: [Option<String>; 3],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredText {
    Plain(String),
    Html(String),
    Unsaid(String),
}

impl From<RawText> for StoredText {
    fn from(text: RawText) -> Self {
        match text {
            RawText::Plain(text) => Self::Plain(text),
            RawText::Html(text) => Self::Html(text),
            RawText::Unsaid(text) => Self::Unsaid(text),
        }
    }
}

impl From<StoredText> for RawText {
    fn from(text: StoredText) -> Self {
        match text {
            StoredText::Plain(text) => Self::Plain(text),
            StoredText::Html(text) => Self::Html(text),
            StoredText::Unsaid(text) => Self::Unsaid(text),
        }
    }
}

impl From<EntryDetail> for StoredDetail {
    fn from(detail: EntryDetail) -> Self {
        let told = detail.told.iter().map(|field| field.as_str().to_owned());
        let author = |author: RawAuthor| (author.name, author.url);
        let tag = |tag: RawTag| (tag.name, tag.scheme);
        let labels = detail.enclosures.iter().map(|file| file.title.clone());
        let labels = labels.collect();
        let file = |file: RawEnclosure| (file.url, file.mime_type, file.length_bytes);
        let told_of = |image: RawImage| (image.url, [image.alt, image.width, image.height]);
        let (image, image_told) = detail.image.map(told_of).unzip();
        Self {
            told: told.collect(),
            link: detail.link,
            title: detail.title.map(StoredText::from),
            summary: detail.summary.map(StoredText::from),
            content: detail.content.map(StoredText::from),
            base: detail.base,
            published: detail.published,
            updated: detail.updated,
            event: detail.event,
            language: detail.language,
            authors: detail.authors.into_iter().map(author).collect(),
            tags: detail.tags.into_iter().map(tag).collect(),
            enclosures: detail.enclosures.into_iter().map(file).collect(),
            labels,
            image,
            image_told: image_told.unwrap_or_default(),
        }
    }
}

impl From<StoredDetail> for EntryDetail {
    fn from(wire: StoredDetail) -> Self {
        let told = wire.told.iter().filter_map(|field| field.parse().ok());
        let author = |(name, url)| RawAuthor { name, url };
        let tag = |(name, scheme)| RawTag { name, scheme };
        let mut labels = wire.labels.into_iter();
        let [alt, width, height] = wire.image_told;
        let image = |url| RawImage {
            url,
            alt,
            width,
            height,
        };
        let file = |(url, mime_type, length_bytes)| RawEnclosure {
            url,
            title: labels.next().flatten(),
            mime_type,
            length_bytes,
            duration: None,
        };
        Self {
            told: told.collect(),
            link: wire.link,
            title: wire.title.map(RawText::from),
            summary: wire.summary.map(RawText::from),
            content: wire.content.map(RawText::from),
            base: wire.base,
            published: wire.published,
            updated: wire.updated,
            event: wire.event,
            language: wire.language,
            authors: wire.authors.into_iter().map(author).collect(),
            tags: wire.tags.into_iter().map(tag).collect(),
            enclosures: wire.enclosures.into_iter().map(file).collect(),
            image: wire.image.map(image),
        }
    }
}
