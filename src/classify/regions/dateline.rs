//! Datelines: the place, and often the day, that a bulletin begins with.
//!
//! `Tegucigalpa, 3 de marzo –` says where the story is. `Geneva, 3 March –` and `SAN JOSÉ, 28 jun (OIM) –` say where an
//! office is that tells it.

use super::words::{Gap, Words};

/// Whose place a dateline names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Office {
    /// That of an office for some countries: it counts where no other is named.
    Regional,
    /// That of a house for the whole world: it says nothing of the story.
    World,
}

const WORLD: &[&str] = &[
    "geneva",
    "ginebra",
    "geneve",
    "genebra",
    "new york",
    "nueva york",
    "nova york",
    "nova iorque",
    "washington",
    "vienna",
    "viena",
    "rome",
    "roma",
    "paris",
    "brussels",
    "bruselas",
    "bruxelles",
    "bruxelas",
    "the hague",
    "la haya",
    "la haye",
    "nairobi",
    "montreal",
    "copenhagen",
    "copenhague",
    "bonn",
    "gland",
    "lyon",
];
const REGIONAL: &[&str] = &[
    "panama city",
    "ciudad de panama",
    "panama",
    "bangkok",
    "addis ababa",
    "addis abeba",
    "adis abeba",
    "dakar",
    "amman",
    "cairo",
    "el cairo",
];
/// Organizations of states, and the like: their datelines name their offices. Those of news agencies do not.
const ORGANIZATIONS: &[&str] = &[
    "acnudh", "acnur", "alianza", "bcie", "bid", "bm", "caf", "caricom", "cdema", "cepal", "cidh",
    "cim", "cicr", "comisca", "eclac", "fao", "fida", "ficr", "hcr", "iadb", "iaea", "icrc", "idb",
    "ifad", "ifrc", "iica", "ilo", "iom", "itu", "oacdh", "oacnudh", "oas", "ocha", "oea", "ohchr",
    "oiea", "oim", "oirsa", "oit", "omm", "omi", "oms", "omt", "onu", "onusida", "oit", "opas",
    "ops", "paho", "pam", "pma", "pnud", "pnuma", "sica", "sieca", "uit", "un", "unaids", "unctad",
    "undp", "undrr", "unep", "unesco", "unfpa", "unhcr", "unicef", "unodc", "unops", "unwto",
    "upu", "wfp", "who", "wipo", "wmo", "wto",
];
/// What a dateline holds beside places.
const DATES: &[&str] = &[
    "abril",
    "agosto",
    "aout",
    "april",
    "august",
    "avril",
    "d",
    "de",
    "december",
    "decembre",
    "del",
    "dezembro",
    "diciembre",
    "du",
    "enero",
    "february",
    "fevereiro",
    "fevrier",
    "febrero",
    "janeiro",
    "january",
    "janvier",
    "juillet",
    "juin",
    "julho",
    "july",
    "julio",
    "june",
    "junho",
    "junio",
    "le",
    "mai",
    "maio",
    "march",
    "marco",
    "mars",
    "marzo",
    "may",
    "mayo",
    "november",
    "novembre",
    "novembro",
    "news",
    "noticias",
    "noviembre",
    "october",
    "octobre",
    "octubre",
    "of",
    "outubro",
    "prensa",
    "press",
    "presse",
    "september",
    "septembre",
    "septiembre",
    "setembro",
    "setiembre",
];

/// Whose place the sentence is of which `at` is a word; `None` for one that says more than where and when.
pub(super) fn office(
    words: &Words,
    at: usize,
    places: &[std::ops::Range<usize>],
) -> Option<Office> {
    let sentence = words.list.get(at)?.sentence;
    let same = |at: &usize| {
        words
            .list
            .get(*at)
            .is_some_and(|word| word.sentence == sentence)
    };
    let from = (0..=at).rev().take_while(same).last()?;
    let to = (at..words.list.len()).take_while(same).last()? + 1;
    words.list.get(to).filter(|next| next.gap >= Gap::Dash)?;
    let mut office = None;
    for at in from..to {
        if let Some(place) = places.iter().find(|place| place.contains(&at)) {
            office = office.max(seat(words.run(place.clone())));
        } else if ORGANIZATIONS.contains(&words.word(at)) {
            office = office.max(Some(Office::Regional));
        } else if !is_date(words.word(at)) {
            return None;
        }
    }
    office
}

fn seat(place: &str) -> Option<Office> {
    if WORLD.iter().any(|seat| place.starts_with(seat)) {
        Some(Office::World)
    } else {
        REGIONAL.contains(&place).then_some(Office::Regional)
    }
}

/// A number, a month in full or cut short, an initial.
fn is_date(word: &str) -> bool {
    word.len() <= 2
        || word.starts_with(|c: char| c.is_ascii_digit())
        || DATES.contains(&word)
        || matches!(word.len(), 3 | 4) && DATES.iter().any(|month| month.starts_with(word))
}
