//! Turns the records of a list into raw entries.
//!
//! In: records and what they have in common. Out: an entry per record, as found: title, address, date, the
//! remaining text, files. Nothing of one record is given to another, except a date that is the heading of
//! several.

use scraper::ElementRef;

use super::candidates::RecordRange;
use super::roles::{ListRoles, RecordParts};
use super::sheet::PageSheet;
use super::walk::{TextUnit, count_letters};
use super::words;
use crate::extract::html::linked_data::{self, LinkedData};
use crate::extract::html::parts;
use crate::extract::{MAX_ENTRIES, leading_date};
use crate::model::{RawEnclosure, RawEntry, RawText};

/// The minimum length of a text next to the title. A shorter one is a label.
const MIN_TEXT_LETTERS: usize = 25;

/// The maximum number of nodes of a record searched for its text.
const MAX_NODES: usize = 400;

/// The maximum number of files of one record.
const MAX_FILES: usize = 20;

/// The number of records that decide if titles begin with their dates.
const VOTERS: usize = 20;

/// Returns the entries of these records, in page order.
pub(super) fn read_entries(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    records: &[&RecordRange],
    stated: &LinkedData,
) -> Vec<RawEntry> {
    // Keep one more than the limit, so that the excess is noticed.
    let records = records.iter().take(MAX_ENTRIES + 1);
    let found: Vec<(&RecordRange, RecordParts)> = records
        .map(|record| (*record, roles.find_parts(record)))
        .collect();
    let leads = begin_with_dates(roles, &found);
    let usual = median_title_letters(sheet, &found);
    let dated = found
        .iter()
        .filter(|(_, parts)| parts.date.is_some())
        .count();
    let is_dated = dated * 5 >= found.len() * 4;
    let around =
        |(record, _): &(&RecordRange, RecordParts)| sheet.outline.ancestors(record.start).skip(1);
    let lists = parts::number_parts(found.iter().map(around));
    let entries = found
        .iter()
        .zip(lists)
        .filter_map(|((record, parts), list)| {
            let unit = parts.title.as_ref()?;
            // Links such as `All news` among the titles: much shorter than these, with neither date nor text.
            let is_bare =
                parts.date.is_none() && is_dated && 3 * count_letters(sheet, &unit.leaves) < usual;
            let is_label = words::is_label(&roles.title_text(unit))
                && parts.date.is_none()
                && parts.link.is_none();
            (!is_bare && !is_label).then(|| RawEntry {
                list: Some(list),
                ..read_entry(sheet, roles, record, parts, unit, leads, stated)
            })
        });
    entries.collect()
}

fn read_entry(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    record: &RecordRange,
    parts: &RecordParts,
    unit: &TextUnit,
    leads: bool,
    stated: &LinkedData,
) -> RawEntry {
    let href = |link: usize| {
        sheet
            .outline
            .at(link)
            .attr("href")
            .map(|href| href.trim().to_owned())
    };
    let title = roles.title_text(unit);
    let behind_date = leads.then(|| leading_date(&title, &sheet.hints)).flatten();
    let title = behind_date
        .map_or(title.as_str(), |(_, rest)| rest)
        .to_owned();
    let link = parts.link.and_then(href);
    let files = record.clone().filter(|index| {
        let target = sheet.targets.get(*index).and_then(Option::as_ref);
        Some(*index) != parts.link && target.is_some_and(|target| target.is_file)
    });
    let mut enclosures: Vec<RawEnclosure> = Vec::new();
    let label = |link: usize| sheet.leaves_text(sheet.leaves_in(&sheet.outline.range(link)));
    let files = files.filter_map(|link| Some((href(link)?, label(link))));
    for (url, label) in files.take(MAX_FILES) {
        let is_known =
            link.as_ref() == Some(&url) || enclosures.iter().any(|known| known.url == url);
        if !is_known {
            enclosures.push(RawEnclosure {
                url,
                title: Some(label),
                mime_type: None,
                length_bytes: None,
                duration: None,
            });
        }
    }
    let seen = RawEntry {
        title: Some(RawText::Plain(title)),
        base: Some(sheet.base.clone()),
        summary: read_summary(sheet, roles, record, parts),
        published: parts.date.as_ref().map(|date| date.text.clone()),
        enclosures,
        ..RawEntry::default()
    };
    let told = link
        .as_deref()
        .and_then(|link| stated.entry_at(link, sheet.base));
    let seen = RawEntry { link, ..seen };
    match told {
        Some(told) => linked_data::complete_entry(seen, told),
        None => seen,
    }
}

/// Returns true if most titles begin with the date of their record: `29/11/2021 - Title`.
fn begin_with_dates(roles: &ListRoles<'_, '_, '_>, found: &[(&RecordRange, RecordParts)]) -> bool {
    let voters = found.iter().take(VOTERS);
    let count = voters.clone().count();
    let leading = voters.filter(|(_, parts)| {
        let text = parts.title.as_ref().map(|unit| roles.title_text(unit));
        text.is_some_and(|text| leading_date(&text, roles.hints()).is_some())
    });
    count > 1 && leading.count() * 4 >= count * 3
}

/// Returns the median number of letters of a title.
fn median_title_letters(sheet: &PageSheet<'_, '_>, found: &[(&RecordRange, RecordParts)]) -> usize {
    let titles = found.iter().filter_map(|(_, parts)| parts.title.as_ref());
    let mut lengths: Vec<usize> = titles
        .map(|unit| count_letters(sheet, &unit.leaves))
        .collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

/// Returns the text apart from title and date, as markup if it has elements of its own.
fn read_summary(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    record: &RecordRange,
    parts: &RecordParts,
) -> Option<RawText> {
    let groups = summary_nodes(sheet, roles, record, parts);
    let elements = groups.iter().map(|index| {
        let node = sheet.outline.at(*index);
        node.element()
            .filter(|_| !node.is_inline() && node.name() != "a")
    });
    let elements: Option<Vec<ElementRef<'_>>> = elements.collect();
    if let Some(elements) = elements {
        let html: String = elements.iter().map(ElementRef::html).collect();
        return (!html.is_empty()).then_some(RawText::Html(html));
    }
    let words = groups
        .iter()
        .map(|index| sheet.leaves_text(sheet.leaves_in(&sheet.outline.range(*index))));
    let between = |c: char| c.is_whitespace() || "-–—|:·,;".contains(c);
    let text = words
        .collect::<Vec<_>>()
        .join(" ")
        .trim_matches(between)
        .to_owned();
    (!text.is_empty()).then_some(RawText::Plain(text))
}

/// Returns the parts of a record that contain its text, from the first text to the last.
pub(super) fn summary_nodes(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    record: &RecordRange,
    parts: &RecordParts,
) -> Vec<usize> {
    let groups = summary_groups(sheet, roles, record, parts);
    let is_text = |index: &usize| own_letters(sheet, *index, record) >= MIN_TEXT_LETTERS;
    let (first, last) = (
        groups.iter().position(is_text),
        groups.iter().rposition(is_text),
    );
    let text = first
        .zip(last)
        .and_then(|(first, last)| groups.get(first..=last));
    text.unwrap_or_default().to_vec()
}

/// Returns the parts of a record that contain neither title nor date nor a label, each as large as possible.
fn summary_groups(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    record: &RecordRange,
    parts: &RecordParts,
) -> Vec<usize> {
    let outline = sheet.outline;
    let title = parts
        .title
        .as_ref()
        .map(|unit| unit.leaves.clone())
        .unwrap_or_default();
    let date = parts
        .date
        .as_ref()
        .filter(|date| date.is_whole && !parts.is_headed);
    let date = date.map(|date| date.leaves.clone()).unwrap_or_default();
    let is_taken = |leaf: usize| title.contains(&leaf) || date.contains(&leaf);
    let mut groups = Vec::new();
    let mut next = record.start;
    while next < record.end.min(record.start + MAX_NODES) {
        let range = outline.range(next);
        let leaves = sheet.leaves_in(&range);
        let holds = leaves.clone().any(is_taken) || range.end > record.end;
        let is_whole = range.start == record.start && range.end >= record.end && range.len() > 1;
        if holds && leaves.clone().all(is_taken) {
            next = range.end;
        } else if holds || is_whole {
            next += 1;
        } else {
            let text = sheet.leaves_text(leaves.clone());
            let is_repeated = || roles.is_common(&leaves) && own_letters(sheet, next, record) == 0;
            if !leaves.is_empty() && !words::is_label(&text) && !is_repeated() {
                groups.push(next);
            }
            next = range.end;
        }
    }
    groups
}

/// Returns the number of letters and digits in a part that are not in a link. If the record is one link, all
/// letters count.
fn own_letters(sheet: &PageSheet<'_, '_>, index: usize, record: &RecordRange) -> usize {
    let outline = sheet.outline;
    let range = outline.range(index);
    let mut above = outline.ancestors_from(index, record.start).skip(1);
    if above.any(|above| outline.at(above).name() == "a") {
        outline.letters(&range)
    } else {
        outline.unlinked_letters(&range)
    }
}
