//! Applies a source's corrections to its entries: replacements in the published text, and the notation of its
//! dates.
//!
//! In and out: raw entries, of any kind of document.

use super::epoch;
use crate::model::{DateFormat, Field, RawEntry, RawText, Replacement, Source};

/// The maximum size of a text after replacements, in bytes.
const MAX_REPLACED: usize = 1 << 20;

/// Replaces texts, then rewrites dates, in every entry. Dates are read in the operator's format, else as
/// counts of programs.
pub(super) fn amend_entries(entries: &mut [RawEntry], source: &Source) {
    for entry in entries {
        for replacement in &source.replace {
            apply_replacement(entry, replacement);
        }
        for date in [&mut entry.published, &mut entry.updated, &mut entry.event] {
            rewrite_date(date, &source.date_formats);
        }
    }
}

fn apply_replacement(entry: &mut RawEntry, replacement: &Replacement) {
    let plain = |text: &mut String| {
        *text = replacement.apply(text, MAX_REPLACED);
    };
    let each = |text: &mut Option<String>| {
        text.iter_mut().for_each(plain);
        text.take_if(|text| text.trim().is_empty());
    };
    let body = |text: &mut Option<RawText>| {
        if let Some(RawText::Plain(text) | RawText::Html(text) | RawText::Unsaid(text)) = text {
            plain(text);
        }
        text.take_if(|text| text.as_str().trim().is_empty());
    };
    match replacement.field {
        Field::Title => body(&mut entry.title),
        Field::Summary => body(&mut entry.summary),
        Field::Content => body(&mut entry.content),
        Field::Link => each(&mut entry.link),
        Field::Date => each(&mut entry.published),
        Field::Updated => each(&mut entry.updated),
        Field::Event => each(&mut entry.event),
        Field::Guid => each(&mut entry.guid),
        Field::Image => {
            let addresses = entry.image.iter_mut().map(|image| &mut image.url);
            addresses.for_each(plain);
            entry.image.take_if(|image| image.url.trim().is_empty());
        }
        Field::Author => {
            let names = entry.authors.iter_mut().map(|author| &mut author.name);
            names.for_each(plain);
            entry
                .authors
                .retain(|author| !author.name.trim().is_empty());
        }
        Field::Tag => {
            entry
                .tags
                .iter_mut()
                .map(|tag| &mut tag.name)
                .for_each(plain);
            entry.tags.retain(|tag| !tag.name.trim().is_empty());
        }
        Field::Enclosure => {
            let addresses = entry.enclosures.iter_mut().map(|file| &mut file.url);
            addresses.for_each(plain);
            entry.enclosures.retain(|file| !file.url.trim().is_empty());
        }
    }
}

fn rewrite_date(date: &mut Option<String>, formats: &[DateFormat]) {
    let Some(text) = date else { return };
    let stated = formats.iter().find_map(|format| format.to_iso(text));
    if let Some(iso) = stated.or_else(|| epoch::epoch_to_iso(text)) {
        *text = iso;
    }
}
