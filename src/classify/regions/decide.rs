//! Decides which region each name means, by the evidence for each of its meanings.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::context::{NameInContext, SignWords, split_signs};
use super::dateline::DatelineOffice;
use super::gazetteer::{GazetteerLanguages, NameKind, PlaceMeaning};
use super::mentions::Mention;
use super::words::{RegionWords, WordGap};
use crate::model::{Country, Region};

/// Factor by which a city must be larger than any other of its name to be meant without other evidence.
const FAR_LARGER: u64 = 3;
/// Factor by which it must be larger to be meant even if the source's own country has a place of that name.
const DWARFS: u64 = 50;
/// A subdivision weighs as much as a city of this many thousands.
const SUBDIVISION: u64 = 300;
/// A capital weighs as much as a city larger by this factor.
const CAPITAL: u64 = 5;

/// Words that indicate a country.
static SOVEREIGN: SignWords = LazyLock::new(|| {
    split_signs(
        "ambassade ambassador canciller cancilleria caricom embaixada embajada embajador embassy isla island \
         parlamento parliament premier president presidente prime primeiro primer republic republica sovereign \
         visa visas",
    )
});
/// Words that indicate a part of a country.
static LOCAL: SignWords = LazyLock::new(|| {
    split_signs(
        "alcalde alcaldesa alcaldia alcaldias ayuntamiento cabildo camara cantonal cidade city ciudad concejal \
         concejales concejo consejeria county departamento department diputacion distrito estado gobernador \
         governor intendencia intendente legislature maire mairie mayor municipal municipalidad municipio \
         prefeito prefeitura province provincia sheriff state universidad university vecinal vecinos",
    )
});

/// Returns regions, each with the number of the mention that supports it, in the order of mentions. Removes
/// impossible options from the mentions.
pub(super) fn decide_regions(
    words: &[RegionWords],
    mentions: &mut [Mention],
    tongue: GazetteerLanguages,
    home: Option<Country>,
) -> Vec<(Region, usize)> {
    apply_qualifiers(words, mentions);
    resolve_enumerations(words, mentions);
    for mention in mentions.iter_mut() {
        weigh_words(&words[mention.part], mention, tongue);
    }
    // Towns come last: the names of countries and peoples may settle which one is meant.
    for towns in [false, true] {
        let named = sure_countries(mentions, home);
        for mention in mentions.iter_mut() {
            if mention.options.iter().all(is_town) == towns {
                choose_country(mention, &named, home);
            }
        }
    }
    let countries = mentioned_countries(mentions);
    let mut placed = Vec::new();
    for (number, mention) in mentions.iter().enumerate() {
        let Some(country) = only_country(mention).filter(|country| countries.contains(country))
        else {
            continue;
        };
        placed.push((country.into(), number));
        placed.extend(only_subdivision(mention).map(|region| (region, number)));
    }
    placed
}

/// Narrows names by a qualifying second name: `Granada, Nicaragua`, `Lima, Ohio`, `Peru, Indiana`.
fn apply_qualifiers(words: &[RegionWords], mentions: &mut [Mention]) {
    for number in 1..mentions.len() {
        let (before, after) = mentions.split_at_mut(number);
        let (Some(first), Some((second, rest))) = (before.last_mut(), after.split_first_mut())
        else {
            continue;
        };
        if first.part != second.part || first.words.end != second.words.start {
            continue;
        }
        let words = &words[first.part];
        let gap = words.list.get(second.words.start).map(|word| word.gap);
        if !matches!(gap, Some(WordGap::Comma | WordGap::Aside)) {
            continue;
        }
        let within = |inner: &PlaceMeaning, outer: &PlaceMeaning| {
            is_town(inner) && !is_town_only(outer) && inner.country() == outer.country()
        };
        let exact = |inner: &PlaceMeaning, outer: &PlaceMeaning| {
            within(inner, outer)
                && (outer.kind == NameKind::Country || inner.region == outer.region)
        };
        if narrow_options(first, second, exact) || narrow_options(first, second, within) {
            continue;
        }
        // A town that the table does not have shares its name with one that it has.
        let state = second
            .options
            .iter()
            .find(|option| is_state(option))
            .copied();
        let goes_on = rest
            .first()
            .is_some_and(|third| are_enumerated(words, second, third));
        let abroad =
            |state: &PlaceMeaning| !first.options.iter().any(|o| o.country() == state.country());
        let state = state.filter(|state| gap == Some(WordGap::Comma) && !goes_on && abroad(state));
        if let Some(state) = state {
            first.options = vec![state];
            second.options = vec![state];
        }
    }
}

/// Keeps options that fit together; returns `false` if none do.
fn narrow_options(
    first: &mut Mention,
    second: &mut Mention,
    fits: impl Fn(&PlaceMeaning, &PlaceMeaning) -> bool,
) -> bool {
    let kept = |own: &[PlaceMeaning], fit: &dyn Fn(&PlaceMeaning) -> bool| -> Vec<PlaceMeaning> {
        own.iter().filter(|option| fit(option)).copied().collect()
    };
    let inner = kept(&first.options, &|inner| {
        second.options.iter().any(|outer| fits(inner, outer))
    });
    if inner.is_empty() {
        return false;
    }
    let outer = kept(&second.options, &|outer| {
        inner.iter().any(|inner| fits(inner, outer))
    });
    let sure = |options: Vec<PlaceMeaning>| {
        options
            .into_iter()
            .map(|option| PlaceMeaning {
                weak: false,
                ..option
            })
            .collect()
    };
    first.options = sure(inner);
    second.options = sure(outer);
    true
}

fn is_town(meaning: &PlaceMeaning) -> bool {
    matches!(meaning.kind, NameKind::City(_) | NameKind::Subdivision)
}

fn is_town_only(meaning: &PlaceMeaning) -> bool {
    matches!(meaning.kind, NameKind::City(_) | NameKind::Demonym)
}

/// Returns true for a subdivision known by its name alone, as written after a town.
fn is_state(meaning: &PlaceMeaning) -> bool {
    meaning.kind == NameKind::Subdivision && !meaning.weak
}

/// Returns true if two names are in one enumeration: `Granada, Dominica y Santa Lucía`.
fn are_enumerated(words: &RegionWords, first: &Mention, second: &Mention) -> bool {
    let (end, next) = (first.words.end, second.words.start);
    let comma = |at: usize| {
        words
            .list
            .get(at)
            .is_some_and(|word| word.gap == WordGap::Comma)
    };
    let and = || {
        matches!(
            words.folded_word(end),
            "and" | "or" | "y" | "e" | "et" | "o" | "ou"
        )
    };
    first.part == second.part && (next == end && comma(end) || next == end + 1 && and())
}

/// Treats names listed with countries as countries.
fn resolve_enumerations(words: &[RegionWords], mentions: &mut [Mention]) {
    let is_country = |option: &PlaceMeaning| option.kind == NameKind::Country;
    let listed: Vec<bool> = (1..mentions.len())
        .map(|second| {
            let (first, second) = (&mentions[second - 1], &mentions[second]);
            are_enumerated(&words[first.part], first, second)
        })
        .collect();
    let sure: Vec<bool> = mentions
        .iter()
        .map(|mention| {
            mention
                .options
                .iter()
                .all(|option| is_country(option) && !option.weak)
        })
        .collect();
    for (number, mention) in mentions.iter_mut().enumerate() {
        let before = number > 0 && listed[number - 1] && sure[number - 1];
        let after = listed.get(number) == Some(&true) && sure[number + 1];
        if (before || after) && mention.options.iter().any(is_country) {
            mention.options.retain(is_country);
            if let [only] = mention.options.as_mut_slice() {
                only.weak = false;
            }
        }
    }
}

/// Decides between a country and a part of another country by the adjacent words.
fn weigh_words(words: &RegionWords, mention: &mut Mention, tongue: GazetteerLanguages) {
    let is_country = |option: &PlaceMeaning| option.kind == NameKind::Country;
    let place = NameInContext::new(words, &mention.words);
    if mention.options.iter().any(is_country) && !mention.options.iter().all(is_country) {
        if place.is_near_sign(&SOVEREIGN) {
            mention.options.retain(is_country);
        } else if place.is_near_sign(&LOCAL) {
            mention.options.retain(|option| !is_country(option));
            if only_country(mention).is_some() {
                mention
                    .options
                    .iter_mut()
                    .for_each(|option| option.weak = false);
            }
        }
    }
    // Names with accents, or in a Romance language, are not Californian.
    let english = |option: &PlaceMeaning| {
        matches!(option.country().as_str(), "US" | "CA" | "GB" | "AU" | "PH")
    };
    if (place.has_accents() || tongue.is_romance()) && !mention.options.iter().all(english) {
        let keep = |option: &PlaceMeaning| {
            !english(option)
                || mention
                    .options
                    .iter()
                    .all(|other| other.country() == option.country())
        };
        let kept: Vec<PlaceMeaning> = mention
            .options
            .iter()
            .filter(|option| keep(option))
            .copied()
            .collect();
        let romance = kept
            .iter()
            .any(|option| meaning_weight(option) > 0 && !option.weak);
        if romance {
            mention.options = kept;
        }
    }
}

/// Returns true if a meaning needs no further evidence. Newspapers name the towns of their own country without a
/// qualifier, and only famous ones of other countries.
fn needs_no_evidence(option: &PlaceMeaning, home: Option<Country>) -> bool {
    let known = option.famous || home.is_none_or(|home| home == option.country());
    !option.weak && (known || !is_town(option))
}

/// Returns the countries with a mention that needs no further evidence.
fn sure_countries(mentions: &[Mention], home: Option<Country>) -> BTreeSet<Country> {
    let told = mentions.iter().filter(|mention| mention.office.is_none());
    let sure = told.filter(|mention| {
        mention
            .options
            .iter()
            .any(|option| needs_no_evidence(option, home))
    });
    sure.filter_map(only_country).collect()
}

/// Returns the country if all options are in the same one.
fn only_country(mention: &Mention) -> Option<Country> {
    let first = mention.options.first()?.country();
    let same = mention
        .options
        .iter()
        .all(|option| option.country() == first);
    same.then_some(first)
}

/// Keeps the options of one country, or none.
fn choose_country(mention: &mut Mention, named: &BTreeSet<Country>, home: Option<Country>) {
    let chosen = strongest_named_country(&mention.options, named)
        .or_else(|| home_country(&mention.options, home))
        .or_else(|| default_country(&mention.options, home));
    mention
        .options
        .retain(|option| Some(option.country()) == chosen);
}

/// Returns, of the countries also named elsewhere, the one with the strongest meaning.
fn strongest_named_country(options: &[PlaceMeaning], named: &BTreeSet<Country>) -> Option<Country> {
    let spoken_for = options
        .iter()
        .filter(|option| named.contains(&option.country()));
    spoken_for
        .max_by_key(|option| (!option.weak, meaning_weight(option)))
        .map(PlaceMeaning::country)
}

fn home_country(options: &[PlaceMeaning], home: Option<Country>) -> Option<Country> {
    let at_home = |option: &PlaceMeaning| Some(option.country()) == home;
    let (own, others): (Vec<&PlaceMeaning>, Vec<&PlaceMeaning>) =
        options.iter().partition(|option| at_home(option));
    let own = own.into_iter().map(population_thousands).max()?;
    let largest = others
        .into_iter()
        .map(population_thousands)
        .max()
        .unwrap_or(0);
    home.filter(|_| largest <= own.max(1).saturating_mul(DWARFS))
}

/// Returns the default meaning: the country of the name, else the city that is far larger than the others.
fn default_country(options: &[PlaceMeaning], home: Option<Country>) -> Option<Country> {
    let sure = || {
        options
            .iter()
            .filter(|option| needs_no_evidence(option, home))
    };
    let mut countries = sure()
        .filter(|option| !is_town(option))
        .map(PlaceMeaning::country);
    if let Some(first) = countries.next() {
        let city = sure().any(|option| matches!(option.kind, NameKind::City(_)));
        return (!city && countries.all(|other| other == first)).then_some(first);
    }
    let largest = sure().max_by_key(|option| meaning_weight(option))?;
    let others = options
        .iter()
        .filter(|option| option.country() != largest.country());
    let second = others.map(meaning_weight).max().unwrap_or(0);
    (meaning_weight(largest) >= second.saturating_mul(FAR_LARGER)).then_some(largest.country())
}

/// Returns a city's number of inhabitants, in thousands.
fn population_thousands(option: &PlaceMeaning) -> u64 {
    match option.kind {
        NameKind::City(thousands) => u64::from(thousands),
        NameKind::Subdivision => SUBDIVISION,
        NameKind::Country | NameKind::Demonym => 0,
    }
}

/// Returns the weight of a meaning against others if there is no other evidence.
fn meaning_weight(option: &PlaceMeaning) -> u64 {
    let capital = option.famous && matches!(option.kind, NameKind::City(_));
    population_thousands(option) * if capital { CAPITAL } else { 1 }
}

/// Returns every country that the text mentions. That of an office's dateline counts if there is no other. A country
/// named far down in a long text counts only if it is named again.
fn mentioned_countries(mentions: &[Mention]) -> BTreeSet<Country> {
    let of = |counts: &dyn Fn(&Mention) -> bool| -> Vec<Country> {
        mentions
            .iter()
            .filter(|mention| counts(mention))
            .filter_map(only_country)
            .collect()
    };
    let mut told: BTreeSet<Country> = of(&|mention| mention.office.is_none() && !mention.passing)
        .into_iter()
        .collect();
    let mut once = BTreeSet::new();
    for country in of(&|mention| mention.passing) {
        if !once.insert(country) {
            told.insert(country);
        }
    }
    if told.is_empty() {
        told.extend(of(&|mention| {
            mention.office == Some(DatelineOffice::Regional)
        }));
    }
    told
}

/// Returns the subdivision that the name means, if there is only one.
fn only_subdivision(mention: &Mention) -> Option<Region> {
    let parts = |cities: bool| -> BTreeSet<Region> {
        let options = mention.options.iter();
        let options = options.filter(|option| matches!(option.kind, NameKind::City(_)) == cities);
        options
            .map(|option| option.region)
            .filter(|region| region.is_subdivision())
            .collect()
    };
    let only = |parts: &BTreeSet<Region>| parts.first().copied().filter(|_| parts.len() == 1);
    let (divisions, cities) = (parts(false), parts(true));
    match divisions.len() {
        0 => only(&cities).or_else(|| largest_city_subdivision(mention)),
        _ => only(&divisions),
    }
}

/// Returns the subdivision of the city that is far larger than the others of its name.
fn largest_city_subdivision(mention: &Mention) -> Option<Region> {
    let largest = mention
        .options
        .iter()
        .max_by_key(|option| meaning_weight(option))?;
    let others = mention
        .options
        .iter()
        .filter(|option| option.region != largest.region);
    let second = others.map(meaning_weight).max().unwrap_or(0);
    let region = largest.region;
    (region.is_subdivision() && meaning_weight(largest) >= second.saturating_mul(FAR_LARGER).max(1))
        .then_some(region)
}
