//! Hides a source's secret key in its own documents, whose servers repeat it in every link.
//!
//! In: an entry as found, and the location of its source. Out: the entry without the key in anything kept or
//! published.

use std::borrow::Cow;

use crate::model::{Location, RawEntry, RawText};

/// Hides the key of the source at `location` in the addresses and texts of an entry.
pub(super) fn hide_own_key(location: &Location, mut entry: RawEntry) -> RawEntry {
    if !location.has_key_parameter() {
        return entry;
    }
    let hide = |text: &mut String| {
        if let Cow::Owned(hidden) = location.without_key(text) {
            *text = hidden;
        }
    };
    let RawEntry {
        guid,
        title,
        link,
        summary,
        content,
        enclosures,
        links,
        image,
        comments,
        ..
    } = &mut entry;
    for text in [guid, link, comments].into_iter().flatten() {
        hide(text);
    }
    for text in [title, summary, content].into_iter().flatten() {
        let (RawText::Plain(text) | RawText::Html(text) | RawText::Unsaid(text)) = text;
        hide(text);
    }
    for enclosure in enclosures {
        hide(&mut enclosure.url);
    }
    for link in links {
        hide(&mut link.url);
    }
    if let Some(image) = image {
        hide(&mut image.url);
    }
    entry
}
