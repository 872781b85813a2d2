//! Datelines: the place, and often the day, that a bulletin begins with.
//!
//! `Tegucigalpa, 3 de marzo –` says where the story is. `Geneva, 3 March –` and `SAN JOSÉ, 28 jun (OIM) –` say where an
//! office is that tells it.

use std::ops::Range;
use std::sync::LazyLock;

use super::context::{Signs, signs};
use super::words::{Case, Gap, Words};

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
static ORGANIZATIONS: Signs = LazyLock::new(|| {
    signs(
        "acnudh acnur alianza bcie bid bm caf caricom cdema cepal cicr cidh cim comisca eclac fao ficr fida hcr \
         iadb iaea icrc idb ifad ifrc iica ilo iom itu oacdh oacnudh oas ocha oea ohchr oiea oim oirsa oit omi \
         omm oms omt onu onusida opas ops paho pam pma pnud pnuma sica sieca uit un unaids unctad undp undrr unep \
         unesco unfpa unhcr unicef unodc unops unwto upu wfp who wipo wmo wto",
    )
});
/// What a dateline holds beside places.
static DATES: Signs = LazyLock::new(|| {
    signs(
        "abr abril ago agosto aout apr april aug august avr avril d de dec december decembre del dez dezembro dic \
         diciembre du ene enero feb febrero february fev fevereiro fevrier jan janeiro january janvier juil \
         juillet juin jul julho julio july jun june junho junio le mai maio mar march marco mars marzo may mayo \
         news noticias nov november novembre novembro noviembre oct october octobre octubre of out outubro prensa \
         press presse sep sept september septembre septiembre set setembro setiembre",
    )
});

/// Whose place the sentence is of which `at` is a word; `None` for one that says more than where and when.
pub(super) fn office(words: &Words, at: usize, places: &[Range<usize>]) -> Option<Office> {
    let sentence = words.list.get(at)?.sentence;
    let same = |at: &usize| {
        words
            .list
            .get(*at)
            .is_some_and(|word| word.sentence == sentence)
    };
    let from = (0..=at).rev().take_while(same).last()?;
    let to = (at..words.list.len()).take_while(same).last()? + 1;
    let next = words.list.get(to)?.gap;
    let mut office = None;
    // A place and a colon say where the news is: `Paris: …`
    let mut stated = next > Gap::Colon;
    for at in from..to {
        if let Some(place) = places.iter().find(|place| place.contains(&at)) {
            office = office.max(seat(words.run(place.clone())));
        } else if ORGANIZATIONS.contains(words.word(at)) {
            office = office.max(Some(Office::Regional));
            stated = true;
        } else if is_date(words.word(at)) {
            stated |= words.list[at].case == Case::Digits;
        } else {
            return None;
        }
    }
    office.filter(|_| stated)
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
    word.len() <= 2 || word.starts_with(|c: char| c.is_ascii_digit()) || DATES.contains(word)
}
