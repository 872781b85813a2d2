//! Interprets datelines: the place, and often the day, at the start of a bulletin.
//!
//! `Tegucigalpa, 3 de marzo –` is the place of the story. `Geneva, 3 March –` and `SAN JOSÉ, 28 jun (OIM) –` give the
//! place of the office that reports it.

use std::ops::Range;
use std::sync::LazyLock;

use super::context::{SignWords, split_signs};
use super::words::{RegionWords, WordCase, WordGap};

/// The kind of office whose place a dateline gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DatelineOffice {
    /// A regional office: its place counts if no other is named.
    Regional,
    /// A worldwide headquarters: its place is unrelated to the story.
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
/// Intergovernmental organizations and the like: their datelines name their offices. Those of news agencies do not.
static ORGANIZATIONS: SignWords = LazyLock::new(|| {
    split_signs(
        "acnudh acnur alianza bcie bid bm caf caricom cdema cepal cicr cidh cim comisca eclac fao ficr fida hcr \
         iadb iaea icrc idb ifad ifrc iica ilo iom itu oacdh oacnudh oas ocha oea ohchr oiea oim oirsa oit omi \
         omm oms omt onu onusida opas ops paho pam pma pnud pnuma sica sieca uit un unaids unctad undp undrr unep \
         unesco unfpa unhcr unicef unodc unops unwto upu wfp who wipo wmo wto",
    )
});
/// Words of a dateline other than places.
static DATES: SignWords = LazyLock::new(|| {
    split_signs(
        "abr abril ago agosto aout apr april aug august avr avril d de dec december decembre del dez dezembro dic \
         diciembre du ene enero feb febrero february fev fevereiro fevrier jan janeiro january janvier juil \
         juillet juin jul julho julio july jun june junho junio le mai maio mar march marco mars marzo may mayo \
         news noticias nov november novembre novembro noviembre oct october octobre octubre of out outubro prensa \
         press presse sep sept september septembre septiembre set setembro setiembre",
    )
});

/// Returns the office whose place is named by the sentence that contains the word `at`; `None` if the sentence
/// contains more than a dateline.
pub(super) fn find_office(
    words: &RegionWords,
    at: usize,
    places: &[Range<usize>],
) -> Option<DatelineOffice> {
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
    // A place before a colon is where the news is: `Paris: …`
    let mut stated = next > WordGap::Colon;
    for at in from..to {
        if let Some(place) = places.iter().find(|place| place.contains(&at)) {
            office = office.max(office_at(words.folded_run(place.clone())));
        } else if ORGANIZATIONS.contains(words.folded_word(at)) {
            office = office.max(Some(DatelineOffice::Regional));
            stated = true;
        } else if is_date_word(words.folded_word(at)) {
            stated |= words.list[at].case == WordCase::Digits;
        } else {
            return None;
        }
    }
    office.filter(|_| stated)
}

fn office_at(place: &str) -> Option<DatelineOffice> {
    if WORLD.iter().any(|seat| place.starts_with(seat)) {
        Some(DatelineOffice::World)
    } else {
        REGIONAL
            .contains(&place)
            .then_some(DatelineOffice::Regional)
    }
}

/// Returns true for a number, a month in full or abbreviated, or an initial.
fn is_date_word(word: &str) -> bool {
    word.len() <= 2 || word.starts_with(|c: char| c.is_ascii_digit()) || DATES.contains(word)
}
