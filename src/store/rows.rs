//! Converts rows to types and back.

use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;

use super::StoreError;
use super::story::FeedCriteria;
use crate::classify::Subject;
use crate::model::{
    Dated, EventDay, Hash, IdentityKey, IdentityKind, Item, Language, Person, Precision, Published,
    Region, SafeHtml, SourceId, StoryFacets, Timestamp, TopicId,
};
use crate::normalize::{SANITIZER_VERSION, content_hash, restore_html};

/// Parses text from a row that we wrote ourselves.
pub(super) fn parse_column<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Row {
        column,
        value: text.to_owned(),
    })
}

/// Parses JSON from a row that we wrote ourselves.
pub(super) fn parse_json<T: DeserializeOwned>(
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row {
        column,
        value: text.to_owned(),
    })
}

/// Serializes plain data for a row.
pub(super) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data always serializes")
}

/// Serializes topics for a row.
pub(super) fn topics_json(topics: &[TopicId]) -> String {
    to_json(&topics.iter().map(TopicId::as_str).collect::<Vec<_>>())
}

/// Parses topics from a row.
pub(super) fn parse_topics(text: &str) -> Result<Vec<TopicId>, StoreError> {
    let names: Vec<String> = parse_json("topics", text)?;
    names
        .iter()
        .map(|name| parse_column("topics", name))
        .collect()
}

/// Serializes regions for a row.
pub(super) fn regions_json(regions: &[Region]) -> String {
    to_json(&regions.iter().map(Region::to_string).collect::<Vec<_>>())
}

/// Parses regions from a row.
pub(super) fn parse_regions(text: &str) -> Result<Vec<Region>, StoreError> {
    let codes: Vec<String> = parse_json("regions", text)?;
    codes
        .iter()
        .map(|code| parse_column("regions", code))
        .collect()
}

/// Reads the columns that decide an item's feeds.
pub(super) fn read_belonging(row: &Row<'_>) -> Result<FeedCriteria, StoreError> {
    let language: Option<String> = row.get("language")?;
    let language: Option<Language> = language
        .map(|tag| parse_column("language", &tag))
        .transpose()?;
    let source = parse_column("source", &row.get::<_, String>("source")?)?;
    let regions = parse_regions(&row.get::<_, String>("regions")?)?;
    Ok(FeedCriteria {
        topics: parse_topics(&row.get::<_, String>("topics")?)?,
        facets: StoryFacets::from_report(source, language.as_ref(), &regions),
    })
}

/// Parses a hash from a row.
pub(super) fn parse_hash(column: &'static str, bytes: &[u8]) -> Result<Hash, StoreError> {
    Hash::from_bytes(bytes).ok_or_else(|| StoreError::Row {
        column,
        value: format!("{bytes:?}"),
    })
}

/// Returns a fact about the store as a whole.
pub(super) fn read_fact(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM fact WHERE name = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Sets a fact about the store as a whole.
pub(super) fn set_fact(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)";
    connection.prepare_cached(sql)?.execute([name, value])?;
    Ok(())
}

/// Returns the revision of the last commit; 0 before the first.
pub(super) fn current_revision(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'rev'";
    let found = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

/// Returns how many definitions added sources or feeds.
pub(super) fn count_definitions(connection: &Connection) -> Result<i64, StoreError> {
    let found = read_fact(connection, "definitions")?;
    found.map_or(Ok(0), |count| parse_column("value", &count))
}

/// Converts seconds from a row to an instant.
pub(super) fn parse_instant(column: &'static str, seconds: i64) -> Result<Timestamp, StoreError> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| StoreError::Row {
        column,
        value: seconds.to_string(),
    })
}

/// Converts seconds from a row to an instant; NULL gives `None`.
pub(super) fn parse_optional_instant(
    column: &'static str,
    seconds: Option<i64>,
) -> Result<Option<Timestamp>, StoreError> {
    seconds
        .map(|seconds| parse_instant(column, seconds))
        .transpose()
}

fn parse_dated(at: i64, offset: i32, precision: &str) -> Result<Dated, StoreError> {
    let wrong = || StoreError::Row {
        column: "a date",
        value: format!("{at} {offset} {precision}"),
    };
    let offset = FixedOffset::east_opt(offset).ok_or_else(wrong)?;
    let precision = match precision {
        "instant" => Precision::Instant,
        "day" => Precision::Day,
        "month" => Precision::Month,
        "year" => Precision::Year,
        _ => return Err(wrong()),
    };
    Ok(Dated {
        at: parse_instant("a date", at)?.with_timezone(&offset),
        precision,
    })
}

/// The four columns of a date of publication.
pub(super) struct PublishedColumns {
    pub(super) at: i64,
    pub(super) offset: i32,
    pub(super) precision: &'static str,
    pub(super) origin: &'static str,
}

impl From<&Published> for PublishedColumns {
    fn from(published: &Published) -> Self {
        Self {
            at: published.instant().timestamp(),
            offset: published.instant().offset().local_minus_utc(),
            precision: published.precision().as_str(),
            origin: published.origin(),
        }
    }
}

/// Reads the date of publication from the columns `published_…` of a row.
pub(super) fn read_published(row: &Row<'_>) -> Result<Published, StoreError> {
    let precision: String = row.get("published_precision")?;
    let dated = parse_dated(
        row.get("published_at")?,
        row.get("published_offset")?,
        &precision,
    )?;
    let origin: String = row.get("published_origin")?;
    match origin.as_str() {
        "stated" => Ok(Published::Stated(dated)),
        "derived" => Ok(Published::Derived(dated)),
        "markup" => Ok(Published::InMarkup(dated)),
        "address" => Ok(Published::InAddress(dated)),
        "first-seen" => Ok(Published::FirstSeen(dated.at.to_utc())),
        _ => Err(StoreError::Row {
            column: "published_origin",
            value: origin,
        }),
    }
}

fn read_stated(row: &Row<'_>) -> Result<Option<Dated>, StoreError> {
    let Some(at) = row.get::<_, Option<i64>>("stated_at")? else {
        return Ok(None);
    };
    let precision: String = row.get("stated_precision")?;
    parse_dated(at, row.get("stated_offset")?, &precision).map(Some)
}

fn read_event(row: &Row<'_>) -> Result<Option<EventDay>, StoreError> {
    let Some(at) = row.get::<_, Option<i64>>("event_at")? else {
        return Ok(None);
    };
    let precision: String = row.get("event_precision")?;
    let dated = parse_dated(at, row.get("event_offset")?, &precision)?;
    let origin: String = row.get("event_origin")?;
    match origin.as_str() {
        "stated" => Ok(Some(EventDay::Stated(dated))),
        "derived" => Ok(Some(EventDay::Derived(dated))),
        _ => Err(StoreError::Row {
            column: "event_origin",
            value: origin,
        }),
    }
}

pub(super) fn parse_identity_kind(word: &str) -> Result<IdentityKind, StoreError> {
    let kinds = [
        IdentityKind::Guid,
        IdentityKind::Address,
        IdentityKind::DateTitle,
    ];
    let known = kinds.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| StoreError::Row {
        column: "key_kind",
        value: word.to_owned(),
    })
}

/// Reads an item from a whole row of `item`.
pub(super) fn read_item(row: &Row<'_>) -> Result<Item, StoreError> {
    let text = |column: &'static str| row.get::<_, String>(column);
    let maybe = |column: &'static str| row.get::<_, Option<String>>(column);
    let sanitizer = row.get("sanitizer")?;
    let safe = |html: Option<String>| -> Option<SafeHtml> {
        html.and_then(|html| restore_html(html, sanitizer))
    };
    Ok(Item {
        id: parse_column("id", &text("id")?)?,
        source: parse_column("source", &text("source")?)?,
        key: IdentityKey {
            kind: parse_identity_kind(&text("key_kind")?)?,
            value: text("key")?,
        },
        weak_key: IdentityKey {
            kind: IdentityKind::DateTitle,
            value: text("weak_key")?,
        },
        title: text("title")?,
        address: maybe("address")?
            .map(|url| parse_column("address", &url))
            .transpose()?,
        summary: safe(maybe("summary")?),
        content: safe(maybe("content")?),
        text: text("text")?,
        language: maybe("language")?
            .map(|tag| parse_column("language", &tag))
            .transpose()?,
        assumed_language: maybe("assumed_language")?
            .map(|tag| parse_column("assumed_language", &tag))
            .transpose()?,
        authors: parse_json("authors", &text("authors")?)?,
        tags: parse_json("tags", &text("tags")?)?,
        enclosures: parse_json("enclosures", &text("enclosures")?)?,
        links: parse_json("links", &text("links")?)?,
        image: maybe("image")?
            .map(|image| parse_json("image", &image))
            .transpose()?,
        stated: read_stated(row)?,
        published: read_published(row)?,
        updated: parse_optional_instant("updated_at", row.get("updated_at")?)?,
        event: read_event(row)?,
        position: row.get("position")?,
        regions: parse_regions(&text("regions")?)?,
    })
}

/// Returns the day on which an item was published, in its publisher's time zone, from the columns of its row.
pub(super) fn read_day(row: &Row<'_>) -> Result<NaiveDate, StoreError> {
    let (at, offset) = (row.get("published_at")?, row.get("published_offset")?);
    Ok(parse_dated(at, offset, "day")?.at.date_naive())
}

/// The columns of an item that queries look at.
pub(super) struct QueryColumns {
    title: String,
    text: String,
    tags: Vec<String>,
    authors: Vec<Person>,
    source: SourceId,
    language: Option<Language>,
    assumed_language: Option<Language>,
    regions: Vec<Region>,
    day: NaiveDate,
}

impl QueryColumns {
    pub(super) fn of(row: &Row<'_>) -> Result<Self, StoreError> {
        let language: Option<String> = row.get("language")?;
        let assumed: Option<String> = row.get("assumed_language")?;
        Ok(Self {
            title: row.get("title")?,
            text: row.get("text")?,
            tags: parse_json("tags", &row.get::<_, String>("tags")?)?,
            authors: parse_json("authors", &row.get::<_, String>("authors")?)?,
            source: parse_column("source", &row.get::<_, String>("source")?)?,
            language: language
                .map(|tag| parse_column("language", &tag))
                .transpose()?,
            assumed_language: assumed
                .map(|tag| parse_column("assumed_language", &tag))
                .transpose()?,
            regions: parse_regions(&row.get::<_, String>("regions")?)?,
            day: read_day(row)?,
        })
    }

    pub(super) fn source(&self) -> &SourceId {
        &self.source
    }

    pub(super) fn text_bytes(&self) -> usize {
        self.title.len() + self.text.len()
    }

    /// Returns the subject for queries of an item whose source gives `topics` to all its items.
    pub(super) fn subject<'a>(&'a self, topics: &'a [TopicId]) -> Subject<'a> {
        Subject {
            title: &self.title,
            summary: &self.text,
            tags: self.tags.iter().map(String::as_str).collect(),
            authors: self
                .authors
                .iter()
                .map(|author| author.name.as_str())
                .collect(),
            source: Some(&self.source),
            language: self.language.as_ref(),
            assumed_language: self.assumed_language.as_ref(),
            regions: &self.regions,
            day: Some(self.day),
            topics,
        }
    }
}

/// The story of an item's row, the revision of its last change, and whether a new item is held back.
pub(super) struct ItemPlacement<'a> {
    pub(super) story: &'a str,
    pub(super) rev: i64,
    pub(super) at: Timestamp,
    pub(super) held: bool,
}

/// The row of an item that was written.
pub(super) struct WrittenItem {
    pub(super) seq: u64,
    /// True if there was no row before.
    pub(super) is_new: bool,
    pub(super) content_hash: Hash,
}

/// Inserts or updates an item's row. An existing row keeps its time of discovery, its order of
/// commit and whether it is held back.
pub(super) fn write_item(
    connection: &Connection,
    item: &Item,
    topics: &[TopicId],
    place: &ItemPlacement<'_>,
) -> Result<WrittenItem, StoreError> {
    let published = PublishedColumns::from(&item.published);
    let event = item.event.map(|event| event.dated());
    let content_hash = content_hash(item);
    let mut statement = connection.prepare_cached(include_str!("sql/write_item.sql"))?;
    let row = params![
        item.id.to_string(),
        item.source.as_str(),
        place.story,
        item.key.kind.as_str(),
        item.key.value,
        item.weak_key.value,
        item.title,
        item.address.as_ref().map(url::Url::as_str),
        item.summary.as_ref().map(SafeHtml::as_str),
        item.content.as_ref().map(SafeHtml::as_str),
        item.text,
        SANITIZER_VERSION,
        item.language.as_ref().map(crate::model::Language::as_str),
        item.assumed_language
            .as_ref()
            .map(crate::model::Language::as_str),
        to_json(&item.authors),
        to_json(&item.tags),
        to_json(&item.enclosures),
        to_json(&item.links),
        item.image.as_ref().map(to_json),
        item.stated.map(|stated| stated.at.timestamp()),
        item.stated
            .map(|stated| stated.at.offset().local_minus_utc()),
        item.stated.map(|stated| stated.precision.as_str()),
        published.at,
        published.offset,
        published.precision,
        published.origin,
        item.updated.map(|at| at.timestamp()),
        event.map(|event| event.at.timestamp()),
        event.map(|event| event.at.offset().local_minus_utc()),
        event.map(|event| event.precision.as_str()),
        item.event.map(|event| event.origin()),
        item.position,
        topics_json(topics),
        regions_json(&item.regions),
        content_hash.as_bytes(),
        place.rev,
        place.at.timestamp(),
        place.held,
    ];
    let (seq, first_rev): (u64, i64) =
        statement.query_row(row, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(WrittenItem {
        seq,
        is_new: first_rev == place.rev,
        content_hash,
    })
}

/// Records that this version reads an item exactly as its row has it.
pub(super) fn keep_reading(
    connection: &Connection,
    seq: u64,
    item: &Item,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE item SET summary = ?, content = ?, sanitizer = ?, content_hash = ? WHERE seq = ?";
    let content_hash = content_hash(item);
    let row = params![
        item.summary.as_ref().map(SafeHtml::as_str),
        item.content.as_ref().map(SafeHtml::as_str),
        SANITIZER_VERSION,
        content_hash.as_bytes(),
        seq,
    ];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
