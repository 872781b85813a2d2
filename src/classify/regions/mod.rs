//! Which countries, and which of their first subdivisions, a text tells of.
//!
//! In: the parts of an item, its language where known, and the country of its source. Out: regions by ISO 3166, each with
//! the words that speak for it. Names, demonyms and cities are found in the folded text, the longest first, and weighed:
//! how they are written, what stands around them, which other places are named. What could be several places is one only
//! where something else speaks for it; none is better than a wrong one. Pure; time linear in the text.

mod context;
mod dateline;
mod decide;
mod gazetteer;
mod mentions;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use self::gazetteer::Tongues;
use self::mentions::Mention;
use self::words::Words;
use crate::model::{Country, Item, Language, Region};

/// A region that a text tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The region.
    pub region: Region,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// What speaks for a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// These words.
    Words {
        /// The part of the text, from 0.
        part: usize,
        /// Bytes of the part.
        bytes: Range<usize>,
    },
    /// The text names no place: it tells of the source's own country.
    Source,
}

/// The regions of an item: `fixed`, which its source says of all its items, and those that it tells of itself, in the order
/// of their codes, with the country of every subdivision. `home` is the country of the source.
pub fn of_item(item: &Item, home: Option<Country>, fixed: &[Region]) -> Vec<Region> {
    of_texts(
        [&item.title, &item.text],
        item.language.as_ref(),
        home,
        fixed,
    )
}

/// The same for an item's title and text.
pub fn of_texts(
    texts: [&str; 2],
    language: Option<&Language>,
    home: Option<Country>,
    fixed: &[Region],
) -> Vec<Region> {
    // Where the source says what its items are about, where it is says nothing more.
    let fallback = home.filter(|_| fixed.is_empty());
    let found = regions(&texts, language, home);
    let told = found
        .iter()
        .filter(|tagged| tagged.evidence != Evidence::Source || fallback.is_some())
        .map(|tagged| tagged.region);
    let all: BTreeSet<Region> = told
        .chain(fixed.iter().copied())
        .flat_map(|region| [region.country().into(), region])
        .collect();
    all.into_iter().collect()
}

/// Builds the table of places, which is otherwise done when the first text is looked at, and takes its time.
pub fn prepare() {
    LazyLock::force(&gazetteer::GAZETTEER);
}

/// A name of the table of places, as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// How many words it has.
    pub(crate) words: usize,
    /// The country that it, or its people, is called by; `None` for a town or a subdivision.
    pub(crate) country: Option<Country>,
}

/// The place whose name `folded` begins with: words in lower case without accents, one blank after each. Words of every
/// day and names of people are none, nor is a word that must be written in capitals or with accents to be one (`US`).
pub(crate) fn named(folded: &str) -> Option<Named> {
    gazetteer::GAZETTEER.named(folded)
}

/// The regions that `parts` tell of, a title before a summary and a text, in the order of their codes: every country, and
/// subdivisions where sure. `home` is the country of the source.
pub fn regions(parts: &[&str], language: Option<&Language>, home: Option<Country>) -> Vec<Tagged> {
    let tongue = Tongues::of(language);
    let words: Vec<Words> = parts.iter().map(|part| Words::of(part)).collect();
    let mut mentions = Vec::new();
    for (part, words) in words.iter().enumerate() {
        mentions::find(words, part, tongue, &mut mentions);
    }
    let placed = decide::decide(&words, &mut mentions, tongue, home);
    let evidence = |mention: &Mention| Evidence::Words {
        part: mention.part,
        bytes: words[mention.part].bytes(&mention.words),
    };
    let mut seen = BTreeSet::new();
    let mut tagged: Vec<Tagged> = placed
        .iter()
        .filter(|(region, _)| seen.insert(*region))
        .map(|(region, mention)| Tagged {
            region: *region,
            evidence: evidence(&mentions[*mention]),
        })
        .collect();
    tagged.sort_by_key(|tagged| tagged.region);
    if tagged.is_empty() {
        tagged.extend(home.map(|home| Tagged {
            region: home.into(),
            evidence: Evidence::Source,
        }));
    }
    tagged
}
