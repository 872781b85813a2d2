//! What the parts of a record are: its title, its address, its date, its text.
//!
//! In: the records of a list. Out: for each field the place within a record where most of them have it, and what stands
//! there. A place is a tag path from the record on; the records vote ([`votes`](super::votes)), so that one odd record
//! changes nothing.

use std::collections::{HashMap, HashSet};

use scraper::ElementRef;

use super::cluster::{Record, leads_away};
use super::outline::Outline;
use super::reader::{Date, Place, Reader, Walk};
use super::votes;
use crate::extract::is_more;
use crate::model::RawText;

/// A shorter text beside the title is a label.
pub(super) const MIN_TEXT_LETTERS: usize = 25;

/// How far before the first record its date may stand, in nodes.
const HEAD_NODES: usize = 12;

/// Elements that head others.
const HEADS: [&str; 5] = ["caption", "dt", "h", "legend", "summary"];

/// Elements that a title stands in.
const TITLES: [&str; 7] = ["a", "b", "dt", "h", "strong", "summary", "th"];

/// Where the records of a list have what.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The place of the title, and which of several in that place it is.
    pub(super) title: Option<(Place, usize)>,
    /// The place of the address, for titles that are no links.
    pub(super) link: Option<Place>,
    pub(super) date: Option<Place>,
    pub(super) summary: Option<Place>,
    /// Where no record has a date: the heading above each, by where the record begins, that is one.
    heads: HashMap<usize, usize>,
}

/// What one record is found to be made of: nodes of the outline.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) title: Option<usize>,
    pub(super) link: Option<usize>,
    /// Within the record, or above it and others.
    pub(super) date: Option<usize>,
    /// Whether it stands above.
    pub(super) is_headed: bool,
    /// The day of the month that stands above.
    day: Option<usize>,
    pub(super) summary: Vec<usize>,
}

/// A text that may be the title of a record.
pub(super) struct Heading {
    pub(super) index: usize,
    pub(super) place: Place,
    /// Which of several in that place.
    pub(super) occurrence: usize,
}

impl Fields {
    /// Lets the records vote.
    pub(super) fn of(reader: &Reader<'_, '_>, records: &[Record]) -> Self {
        let mut fields = votes::fields(reader, records);
        if fields.date.is_none() {
            fields.heads = heads(reader, records);
        }
        fields
    }

    /// Finds the fields of one record.
    pub(super) fn parts(&self, reader: &Reader<'_, '_>, record: &Record) -> Parts {
        self.parts_of(reader, &reader.walk(record))
    }

    pub(super) fn parts_of(&self, reader: &Reader<'_, '_>, walk: &Walk) -> Parts {
        let title = self.find_title(reader, walk);
        let mut parts = Parts {
            title,
            link: self.find_link(reader, walk, title),
            date: self.find_date(reader, walk, title),
            is_headed: false,
            day: None,
            summary: Vec::new(),
        };
        if let Some(head) = self.heads.get(&walk.start) {
            parts.date = Some(*head);
            parts.is_headed = true;
            parts.day = day(reader, walk, title);
        }
        if let Some(place) = self.summary {
            let groups = groups(reader, walk, &parts).into_iter();
            let own = groups.filter(|(_, group)| *group == place);
            parts.summary = without_labels(reader.outline, own.map(|(index, _)| index).collect());
        }
        parts
    }

    /// Where most have it, else in the first heading, else in the first link.
    pub(super) fn find_title(&self, reader: &Reader<'_, '_>, walk: &Walk) -> Option<usize> {
        let headings = headings(reader, walk);
        let voted = |heading: &&Heading| self.title == Some((heading.place, heading.occurrence));
        let is_heading = |heading: &&Heading| reader.outline.at(heading.index).name() == "h";
        let found = headings.iter().find(voted);
        let found = found.or_else(|| headings.iter().find(is_heading));
        Some(found.or_else(|| headings.first())?.index)
    }

    /// The link of the title: itself, one around it, one within it; else where most have one.
    fn find_link(
        &self,
        reader: &Reader<'_, '_>,
        walk: &Walk,
        title: Option<usize>,
    ) -> Option<usize> {
        let outline = reader.outline;
        let is_link = |index: &usize| leads_away(outline, *index);
        let around = title.and_then(|title| outline.above_within(title, walk.start).find(is_link));
        let links = || walk.nodes.iter().filter(|(index, _)| is_link(index));
        let voted = || links().find(|(_, place)| Some(*place) == self.link);
        around
            .or_else(|| outline.range(title?).find(is_link))
            .or_else(|| Some(voted().or_else(|| links().next())?.0))
    }

    /// Where most have it, else any text that is a date and nothing else.
    fn find_date(
        &self,
        reader: &Reader<'_, '_>,
        walk: &Walk,
        title: Option<usize>,
    ) -> Option<usize> {
        let place = self.date?;
        let beside = |(index, _): &&(usize, Place)| is_beside(reader.outline, *index, title);
        let mut voted = walk.nodes.iter().filter(beside);
        let voted = voted.find(|(index, own)| *own == place && reader.date(*index).is_some());
        let mut others = walk.nodes.iter().filter(beside);
        let whole = || others.find(|(index, _)| reader.date(*index) == Some(Date::Whole));
        Some(voted.or_else(whole)?.0)
    }
}

/// Dates that stand above records, each above those up to the next. One alone may be anything, such as the day of today.
fn heads(reader: &Reader<'_, '_>, records: &[Record]) -> HashMap<usize, usize> {
    let outline = reader.outline;
    let mut heads = HashMap::new();
    let mut known = HashSet::new();
    let mut head = None;
    let mut end = records
        .first()
        .map_or(0, |first| first.start.saturating_sub(HEAD_NODES));
    for record in records {
        for index in end..record.start {
            if HEADS.contains(&outline.at(index).name()) {
                head = (reader.date(index) == Some(Date::Whole)).then_some(index);
            }
        }
        end = record.end.max(end);
        known.extend(head);
        heads.extend(head.map(|head| (record.start, head)));
    }
    if known.len() < 2 {
        heads.clear();
    }
    heads
}

/// A day of the month alone: `29`.
fn day(reader: &Reader<'_, '_>, walk: &Walk, title: Option<usize>) -> Option<usize> {
    let outline = reader.outline;
    let is_day = |index: usize| {
        let is_short = (1..=2).contains(&outline.letters(&outline.range(index)));
        let day = is_short.then(|| reader.text(index).parse::<u8>());
        matches!(day, Some(Ok(1..=31)))
    };
    let beside = walk.nodes.iter().map(|(index, _)| *index);
    let mut beside = beside.filter(|index| is_beside(outline, *index, title));
    beside.find(|index| is_day(*index))
}

/// Whether a node has nothing to do with the title: neither stands in the other.
pub(super) fn is_beside(outline: &Outline<'_>, index: usize, title: Option<usize>) -> bool {
    title.is_none_or(|title| {
        !outline.range(index).contains(&title) && !outline.range(title).contains(&index)
    })
}

/// What may be the title: headings, links, what stands in them, what is marked as strong.
pub(super) fn headings(reader: &Reader<'_, '_>, walk: &Walk) -> Vec<Heading> {
    let outline = reader.outline;
    let mut seen: HashMap<Place, usize> = HashMap::new();
    let mut end_of_title = 0;
    let mut headings = Vec::new();
    for (index, place) in &walk.nodes {
        let node = outline.at(*index);
        let is_title = TITLES.contains(&node.name());
        if is_title && !node.is_inline() {
            end_of_title = end_of_title.max(node.end);
        }
        // Of a title with its date in it, the text beside the date.
        let is_beside_date = || reader.holds_date(node.parent);
        let may_be =
            (is_title || *index < end_of_title) && (node.name() != "#" || is_beside_date());
        if !may_be
            || outline.letters(&outline.range(*index)) == 0
            || reader.date(*index) == Some(Date::Whole)
        {
            continue;
        }
        let occurrence = seen.entry(*place).or_default();
        headings.push(Heading {
            index: *index,
            place: *place,
            occurrence: *occurrence,
        });
        *occurrence += 1;
    }
    headings
}

/// The parts of a record beside its title and its date, each as large as can be. Texts, links and marked passages that
/// stand side by side share the place of a text.
pub(super) fn groups(reader: &Reader<'_, '_>, walk: &Walk, parts: &Parts) -> Vec<(usize, Place)> {
    let outline = reader.outline;
    let taken: Vec<usize> = [parts.title, parts.date].into_iter().flatten().collect();
    let mut groups = Vec::new();
    let mut past = 0;
    for (index, place) in &walk.nodes {
        let range = outline.range(*index);
        let is_taken = taken.contains(index);
        let holds = walk.is_whole(*index) || taken.iter().any(|taken| range.contains(taken));
        if *index < past || holds && !is_taken {
            continue;
        }
        past = range.end;
        let flows = flows(outline, *index);
        let letters = if flows {
            outline.letters(&range)
        } else {
            reader.own_letters(*index, walk.start)
        };
        if !is_taken && letters > 0 && !is_more(&reader.text(*index)) {
            let place = if flows {
                walk.text_beside(outline, *index)
            } else {
                *place
            };
            groups.push((*index, place));
        }
    }
    groups
}

/// Without the labels before a text and behind it, which stand in elements like its own.
fn without_labels(outline: &Outline<'_>, parts: Vec<usize>) -> Vec<usize> {
    let is_text = |index: &usize| outline.letters(&outline.range(*index)) >= MIN_TEXT_LETTERS;
    let (first, last) = (
        parts.iter().position(is_text),
        parts.iter().rposition(is_text),
    );
    if parts.iter().any(|index| flows(outline, *index)) {
        return parts;
    }
    let text = first
        .zip(last)
        .and_then(|(first, last)| parts.get(first..=last));
    text.map_or(parts.clone(), <[usize]>::to_vec)
}

/// Whether a node stands within lines of text, rather than being lines of its own.
fn flows(outline: &Outline<'_>, index: usize) -> bool {
    let node = outline.at(index);
    node.name() == "#" || node.name() == "a" || node.is_inline()
}

impl Parts {
    /// The title in words.
    pub(super) fn title_text(&self, reader: &Reader<'_, '_>) -> Option<String> {
        let text = reader.text(self.title?).replace('\n', " ");
        let text = text.trim_start_matches(['»', '›', '•', '·', '►', '▸', ' ']);
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    }

    /// The date as it stands there, for programs where it says so.
    pub(super) fn date_text(&self, reader: &Reader<'_, '_>) -> Option<String> {
        let date = reader.date_text(self.date?);
        let day = self.day.map(|day| format!("{} {date}", reader.text(day)));
        // Below a date with a day of its own, another number is something else.
        let day = day.filter(|day| reader.is_month(&date) && reader.reads(day));
        Some(day.unwrap_or(date))
    }

    /// How the text beside the title begins.
    pub(super) fn summary_first(&self, reader: &Reader<'_, '_>) -> Option<String> {
        Some(reader.text(*self.summary.first()?))
    }

    /// The text beside the title: as markup where it stands in elements of its own.
    pub(super) fn summary_text(&self, reader: &Reader<'_, '_>) -> Option<RawText> {
        let outline = reader.outline;
        let own = self.summary.iter().filter(|index| !flows(outline, **index));
        let elements: Vec<ElementRef<'_>> = own
            .filter_map(|index| outline.at(*index).element())
            .collect();
        if elements.len() == self.summary.len() {
            let html: String = elements.iter().map(ElementRef::html).collect();
            return (!html.is_empty()).then_some(RawText::Html(html));
        }
        let words: Vec<String> = self
            .summary
            .iter()
            .map(|index| reader.text(*index))
            .collect();
        let between = |c: char| c.is_whitespace() || "-–—|:·,;".contains(c);
        let text = words.join(" ").trim_matches(between).to_owned();
        (!text.is_empty()).then_some(RawText::Plain(text))
    }
}
