//! Records changes that a publisher made to an item: the previous fields, at the commit that changed them.

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

use super::StoreError;
use crate::model::{Item, SafeHtml, Timestamp};
use crate::normalize::seen_fields;

/// Maximum number of revisions kept of one item: the newest.
const MAX_REVISIONS: usize = 50;
/// Maximum length of a changed text that is kept, in characters.
const MAX_KEPT: usize = 2_000;

/// Stores the fields of `held` that differ in `new`.
pub(super) fn store_revision(
    connection: &Connection,
    held: &Item,
    new: &Item,
    rev: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let id = held.id.to_string();
    let before = Value::Object(changed_fields(held, new)).to_string();
    let sql = "INSERT OR REPLACE INTO revision (item, rev, at, before) VALUES (?, ?, ?, ?)";
    let row = params![id, rev, at.timestamp(), before];
    connection.prepare_cached(sql)?.execute(row)?;
    let sql = "DELETE FROM revision WHERE item = ?1 AND rev <=
               (SELECT rev FROM revision WHERE item = ?1 ORDER BY rev DESC LIMIT 1 OFFSET ?2)";
    let kept = params![id, MAX_REVISIONS];
    connection.prepare_cached(sql)?.execute(kept)?;
    Ok(())
}

/// Returns the fields of `held` that look different to a reader in `new`, by name.
fn changed_fields(held: &Item, new: &Item) -> Map<String, Value> {
    let (before, now) = (seen_fields(held), seen_fields(new));
    before
        .iter()
        .zip(&now)
        .filter(|(before, now)| before.value != now.value)
        .map(|(before, _)| {
            (
                before.name.to_owned(),
                limit_value(stored_field(held, before.name)),
            )
        })
        .collect()
}

/// Returns a field as stored in the item.
fn stored_field(item: &Item, name: &str) -> Value {
    let html = |html: &Option<SafeHtml>| json!(html.as_ref().map(SafeHtml::as_str));
    match name {
        "title" => json!(item.title),
        "address" => json!(item.address.as_ref().map(url::Url::as_str)),
        "summary" => html(&item.summary),
        "content" => html(&item.content),
        "authors" => {
            let authors = item.authors.iter();
            json!(
                authors
                    .map(|author| author.name.as_str())
                    .collect::<Vec<_>>()
            )
        }
        "enclosures" => {
            let files = item.enclosures.iter();
            json!(files.map(|file| file.url.as_str()).collect::<Vec<_>>())
        }
        "links" => {
            let links = item.links.iter();
            json!(links.map(|link| link.url.as_str()).collect::<Vec<_>>())
        }
        "image" => json!(item.image.as_ref().map(|image| image.url.as_str())),
        "date" => json!(item.stated.map(|dated| dated.format_local())),
        "event" => json!(item.event.map(|event| event.dated().format_local())),
        _ => Value::Null,
    }
}

fn limit_value(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().nth(MAX_KEPT).is_some() => {
            let beginning: String = text.chars().take(MAX_KEPT).collect();
            Value::String(format!("{beginning}…"))
        }
        value => value,
    }
}
