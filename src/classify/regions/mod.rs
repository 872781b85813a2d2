//! Determines the countries, and their first-level subdivisions, that a text mentions.
//!
//! In: the parts of an item, its language if known, and the country of its source. Out: regions by ISO 3166, each
//! with the words that support it. Names, demonyms and cities are found in the folded text, the longest first, and
//! weighed by their spelling, their context and the other places named. A name of several places counts as one of
//! them only if there is other evidence: no region is better than a wrong one. Pure; time linear in the text.

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

use self::gazetteer::GazetteerLanguages;
use self::mentions::Mention;
use self::words::RegionWords;
use crate::model::{Country, Item, Language, Region};

/// A region that a text mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionedRegion {
    /// The region's code.
    pub region: Region,
    /// The evidence for it.
    pub evidence: RegionEvidence,
}

/// The evidence for a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionEvidence {
    /// Words of the text.
    Words {
        /// The part of the text, from 0.
        part: usize,
        /// The range of bytes in the part.
        bytes: Range<usize>,
    },
    /// The text names no place, so it is about the source's own country.
    Source,
}

/// Returns the regions of an item: `fixed`, which its source gives to all its items, and those that it mentions, in
/// the order of their codes, with the country of every subdivision. `home` is the country of the source.
pub fn item_regions(item: &Item, home: Option<Country>, fixed: &[Region]) -> Vec<Region> {
    text_regions(
        [&item.title, &item.text],
        item.language.as_ref(),
        home,
        fixed,
    )
}

/// As [`item_regions`], for an item's title and text.
pub fn text_regions(
    texts: [&str; 2],
    language: Option<&Language>,
    home: Option<Country>,
    fixed: &[Region],
) -> Vec<Region> {
    // If the source states what its items are about, its own country is no evidence.
    let fallback = home.filter(|_| fixed.is_empty());
    let found = find_regions(&texts, language, home);
    let told = found
        .iter()
        .filter(|tagged| tagged.evidence != RegionEvidence::Source || fallback.is_some())
        .map(|tagged| tagged.region);
    let all: BTreeSet<Region> = told
        .chain(fixed.iter().copied())
        .flat_map(|region| [region.country().into(), region])
        .collect();
    all.into_iter().collect()
}

/// Builds the table of places, which otherwise happens with the first text, and takes a while.
pub fn load_gazetteer() {
    LazyLock::force(&gazetteer::GAZETTEER);
}

/// A name from the table of places, found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoundPlaceName {
    /// Number of its words.
    pub(crate) words: usize,
    /// The country that it names, directly or by its people; `None` for a town or a subdivision.
    pub(crate) country: Option<Country>,
}

/// Returns the place whose name `folded` begins with: words in lower case without accents, one blank after each.
/// Common words and names of people do not count, nor do words that must be written in capitals or with accents
/// (`US`).
pub(crate) fn find_leading_name(folded: &str) -> Option<FoundPlaceName> {
    gazetteer::GAZETTEER.find_leading_name(folded)
}

/// Returns the regions that `parts` mention, with a title before a summary and a text, in the order of their codes:
/// every country, and subdivisions if certain. `home` is the country of the source.
pub fn find_regions(
    parts: &[&str],
    language: Option<&Language>,
    home: Option<Country>,
) -> Vec<MentionedRegion> {
    let tongue = GazetteerLanguages::from_language(language);
    let words: Vec<RegionWords> = parts.iter().map(|part| RegionWords::of(part)).collect();
    let mut mentions = Vec::new();
    for (part, words) in words.iter().enumerate() {
        mentions::find_mentions(words, part, tongue, &mut mentions);
    }
    let placed = decide::decide_regions(&words, &mut mentions, tongue, home);
    let evidence = |mention: &Mention| RegionEvidence::Words {
        part: mention.part,
        bytes: words[mention.part].byte_range(&mention.words),
    };
    let mut seen = BTreeSet::new();
    let mut tagged: Vec<MentionedRegion> = placed
        .iter()
        .filter(|(region, _)| seen.insert(*region))
        .map(|(region, mention)| MentionedRegion {
            region: *region,
            evidence: evidence(&mentions[*mention]),
        })
        .collect();
    tagged.sort_by_key(|tagged| tagged.region);
    if tagged.is_empty() {
        tagged.extend(home.map(|home| MentionedRegion {
            region: home.into(),
            evidence: RegionEvidence::Source,
        }));
    }
    tagged
}
