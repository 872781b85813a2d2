//! Reads the page of one entry for the values it adds to the entry.
//!
//! In: the page, the rules of `detail`, its source. Out: a [`Detail`]: the values that the rules find, else
//! those that the page states for programs, else those that its structure shows. A page without any gives an
//! empty one, and a file becomes an attachment. No network, no clock.

use super::{ExtractError, amend, charset, date_hints, foreign, html};
use crate::model::{Css, Document, EntryDetail, Fields, RawEnclosure, Source};

/// Reads the page of an entry.
///
/// # Errors
/// Returns [`ExtractError::TooDeep`] for a page that is nested deeper than any real one.
pub fn extract_detail(
    document: &Document,
    fields: &Fields<Css>,
    source: &Source,
) -> Result<EntryDetail, ExtractError> {
    if foreign::detect_by_bytes(document).is_some() {
        return Ok(file_detail(document));
    }
    let charset::DecodedText { text, .. } = charset::decode_document(document, source.charset);
    let hints = date_hints(document, source);
    let html::ReadPage { told, mut found } =
        html::read_entry_page(&text, &document.url, fields, source, &hints)?;
    amend::amend_entries(std::slice::from_mut(&mut found), source);
    Ok(EntryDetail {
        told,
        link: found.link,
        title: found.title,
        summary: found.summary,
        content: found.content,
        base: found.base,
        published: found.published,
        updated: found.updated,
        event: found.event,
        language: found.language,
        authors: found.authors,
        tags: found.tags,
        enclosures: found.enclosures,
        image: found.image,
    })
}

/// Returns a document that is not a page as a file of the entry.
fn file_detail(document: &Document) -> EntryDetail {
    let file = RawEnclosure {
        url: document.url.to_string(),
        title: None,
        mime_type: document.content_type.clone(),
        length_bytes: Some(document.body.len().to_string()),
        duration: None,
    };
    EntryDetail {
        enclosures: vec![file],
        ..EntryDetail::default()
    }
}
