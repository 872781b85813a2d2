//! Finds the places that a text names, each with all possible meanings of its name there.

use std::ops::Range;

use super::context::NameInContext;
use super::dateline::{self, Office};
use super::gazetteer::{GAZETTEER, Meaning, Name, NameKind, Tongues, Written};
use super::words::{Case, Words};

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
    pub(super) options: Vec<Meaning>,
    /// The kind of office, if it is in an office's dateline.
    pub(super) office: Option<Office>,
    /// True if it is far down in a long text.
    pub(super) passing: bool,
}

/// Adds the places of one part to `mentions`, in order.
pub(super) fn find(words: &Words, part: usize, tongue: Tongues, mentions: &mut Vec<Mention>) {
    let first = mentions.len();
    let mut at = 0;
    while at < words.list.len() {
        let Some((name, length)) = name_at(words, at, tongue) else {
            at += 1;
            continue;
        };
        let range = at..at + length;
        at += length;
        let options = options(words, &range, name, tongue);
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
        let office = dateline::office(words, same[0].words.start, &places);
        for mention in same {
            mention.office = office;
        }
    }
}

/// Returns the longest name that begins there. In English, no name begins with a small letter.
fn name_at(words: &Words, at: usize, tongue: Tongues) -> Option<(&'static Name, usize)> {
    let small = words.list[at].case == Case::Small;
    if small && tongue.is_english() && words.has_capitals {
        return None;
    }
    GAZETTEER.longest(words, at)
}

/// Returns the possible meanings of the name in its context; empty if no place is meant.
fn options(words: &Words, range: &Range<usize>, name: &Name, tongue: Tongues) -> Vec<Meaning> {
    let place = NameInContext::new(words, range);
    let meanings = GAZETTEER.meanings(name).iter();
    let mut options: Vec<Meaning> = meanings
        .filter(|meaning| is_written_so(meaning, place, name, tongue))
        .map(|meaning| Meaning {
            weak: meaning.weak || !meaning.tongues.allow(tongue),
            ..*meaning
        })
        .collect();
    if options.is_empty() || place.is_a_street() || place.is_part_of_a_name() || place.is_a_tongue()
    {
        return Vec::new();
    }
    let is_people = |meaning: &Meaning| meaning.kind == NameKind::Demonym;
    if place.is_a_family() {
        options.retain(|meaning| meaning.famous && !is_people(meaning));
    }
    if place.is_a_person(name) {
        options.retain(is_people);
    }
    let is_town =
        |meaning: &Meaning| matches!(meaning.kind, NameKind::City(_) | NameKind::Subdivision);
    // Common words that coincide with Portuguese places have other accents, or none: `Pará`, but `para`.
    let is_spelled = tongue.is_portuguese() && place.has_accents();
    if place.is_an_agreement() || name.common && !is_spelled && !place.is_located() {
        options.retain(|meaning| !is_town(meaning));
    }
    options
}

fn is_written_so(meaning: &Meaning, place: NameInContext, name: &Name, tongue: Tongues) -> bool {
    if meaning.kind == NameKind::Demonym {
        let small = meaning.tongues.write_people_small() && !tongue.is_english();
        return meaning.tongues.allow(tongue) && (small || place.has_capital());
    }
    match meaning.written {
        Written::InCapitals => return place.is_in_capitals(),
        Written::WithAccents if !place.has_accents() => return false,
        Written::WithAccents | Written::AsEver => {}
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
