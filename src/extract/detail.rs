//! The page of one entry to what it adds to the entry.
//!
//! In: the page, the rules of `detail`, its source. Out: a [`Detail`]: what the rules find. No network, no clock.

use super::{ExtractError, amend, charset, html};
use crate::model::{Css, Detail, Document, Fields, Source};

/// Reads the page of an entry.
///
/// # Errors
/// [`ExtractError::TooDeep`] for a page that is nested deeper than any real one.
pub fn detail(
    document: &Document,
    fields: &Fields<Css>,
    source: &Source,
) -> Result<Detail, ExtractError> {
    let charset::Decoded { text, .. } = charset::decode(document, source.charset);
    let mut found = html::read_one(&text, fields, source)?;
    amend::all(std::slice::from_mut(&mut found), source);
    Ok(Detail {
        told: fields.iter().map(|(field, _)| field).collect(),
        title: found.title,
        summary: found.summary,
        content: found.content,
        base: Some(document.url.clone()),
        published: found.published,
        updated: found.updated,
        authors: found.authors,
        tags: found.tags,
        enclosures: found.enclosures,
        image: found.image,
        ..Detail::default()
    })
}
