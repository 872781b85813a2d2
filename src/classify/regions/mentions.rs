//! Finds the places that a text names, each with all possible meanings of its name there.

use std::ops::Range;

use super::context::NameInContext;
use super::dateline::{self, DatelineOffice};
use super::gazetteer::{
    GAZETTEER, GazetteerLanguages, NameKind, PlaceMeaning, PlaceName, RequiredSpelling,
};
use super::words::{RegionWords, WordCase};

/// Number of words of a part after which a place named once is named in passing.
const LEAD: usize = 300;

/// A name in the text.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// The part of the text.
    pub(super) part: usize,
    /// The words of the part.
    pub(super) words: Range<usize>,
    /// Its possible meanings, never empty.
    pub(super) options: Vec<PlaceMeaning>,
    /// The kind of office, if it is in an office's dateline.
    pub(super) office: Option<DatelineOffice>,
    /// True if it is far down in a long text.
    pub(super) passing: bool,
}

/// Adds the places of one part to `mentions`, in order.
pub(super) fn find_mentions(
    words: &RegionWords,
    part: usize,
    tongue: GazetteerLanguages,
    mentions: &mut Vec<Mention>,
) {
    let first = mentions.len();
    let mut at = 0;
    while at < words.list.len() {
        let Some((name, length)) = name_at(words, at, tongue) else {
            at += 1;
            continue;
        };
        let range = at..at + length;
        at += length;
        let options = possible_meanings(words, &range, name, tongue);
        if !options.is_empty() {
            mentions.push(Mention {
                part,
                passing: range.start >= LEAD,
                words: range,
                options,
                office: None,
            });
        }
    }
    let own = &mut mentions[first..];
    let places: Vec<Range<usize>> = own.iter().map(|mention| mention.words.clone()).collect();
    let sentence = |mention: &Mention| words.list[mention.words.start].sentence;
    for same in own.chunk_by_mut(|one, other| sentence(one) == sentence(other)) {
        let office = dateline::find_office(words, same[0].words.start, &places);
        for mention in same {
            mention.office = office;
        }
    }
}

/// Returns the longest name that begins there. In English, no name begins with a small letter.
fn name_at(
    words: &RegionWords,
    at: usize,
    tongue: GazetteerLanguages,
) -> Option<(&'static PlaceName, usize)> {
    let small = words.list[at].case == WordCase::Small;
    if small && tongue.is_english() && words.has_capitals {
        return None;
    }
    GAZETTEER.find_longest(words, at)
}

/// Returns the possible meanings of the name in its context; empty if no place is meant.
fn possible_meanings(
    words: &RegionWords,
    range: &Range<usize>,
    name: &PlaceName,
    tongue: GazetteerLanguages,
) -> Vec<PlaceMeaning> {
    let place = NameInContext::new(words, range);
    let meanings = GAZETTEER.meanings_of(name).iter();
    let mut options: Vec<PlaceMeaning> = meanings
        .filter(|meaning| fits_spelling(meaning, place, name, tongue))
        .map(|meaning| PlaceMeaning {
            weak: meaning.weak || !meaning.tongues.allows_language(tongue),
            ..*meaning
        })
        .collect();
    if options.is_empty()
        || place.is_street()
        || place.is_part_of_a_name()
        || place.is_language_name()
    {
        return Vec::new();
    }
    let is_people = |meaning: &PlaceMeaning| meaning.kind == NameKind::Demonym;
    if place.is_family_name() {
        options.retain(|meaning| meaning.famous && !is_people(meaning));
    }
    if place.is_person(name) {
        options.retain(is_people);
    }
    let is_town =
        |meaning: &PlaceMeaning| matches!(meaning.kind, NameKind::City(_) | NameKind::Subdivision);
    // Common words that coincide with Portuguese places have other accents, or none: `Pará`, but `para`.
    let is_spelled = tongue.is_portuguese() && place.has_accents();
    if place.is_agreement() || name.common && !is_spelled && !place.is_clearly_place() {
        options.retain(|meaning| !is_town(meaning));
    }
    options
}

fn fits_spelling(
    meaning: &PlaceMeaning,
    place: NameInContext,
    name: &PlaceName,
    tongue: GazetteerLanguages,
) -> bool {
    if meaning.kind == NameKind::Demonym {
        let small = meaning.tongues.writes_demonyms_lowercase() && !tongue.is_english();
        return meaning.tongues.allows_language(tongue) && (small || place.has_capital());
    }
    match meaning.written {
        RequiredSpelling::InCapitals => return place.is_in_capitals(),
        RequiredSpelling::WithAccents if !place.has_accents() => return false,
        RequiredSpelling::WithAccents | RequiredSpelling::AsEver => {}
    }
    let is_town = matches!(meaning.kind, NameKind::City(_) | NameKind::Subdivision);
    let capital = if is_town {
        place.has_capitals_at_both_ends()
    } else {
        place.has_capital()
    };
    let plain = !place.words.has_capitals && !name.person && !name.common;
    capital || plain
}
