//! The page of one entry to what it adds to the entry.
//!
//! In: the page, the rules of `detail`, its source. Out: a [`Detail`]: what the rules find, else what the page states for
//! programs, else what it looks like; a page without anything of it gives an empty one. No network, no clock.

use super::{ExtractError, amend, charset, hints, html};
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
    let hints = hints(document, source);
    let html::Page { told, mut found } = html::page(&text, &document.url, fields, source, &hints)?;
    amend::all(std::slice::from_mut(&mut found), source);
    Ok(Detail {
        told,
        link: found.link,
        title: found.title,
        summary: found.summary,
        content: found.content,
        base: found.base,
        published: found.published,
        updated: found.updated,
        language: found.language,
        authors: found.authors,
        tags: found.tags,
        enclosures: found.enclosures,
        image: found.image,
    })
}
