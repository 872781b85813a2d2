//! Examines the context of a name to decide whether it means a place.
//!
//! Streets, treaties, saints and people have the names of places too. Words are folded: small letters, no accents.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::gazetteer::{GAZETTEER, PlaceName};
use super::words::{RegionWords, SentenceStyle, WordCase, WordGap};

/// Folded words with the same significance for an adjacent name.
pub(super) type SignWords = LazyLock<FxHashSet<&'static str>>;

/// Splits words at blanks.
pub(super) fn split_signs(words: &'static str) -> FxHashSet<&'static str> {
    words.split_whitespace().collect()
}

/// Words before a name that is not a place: `Calle Cuba`, `Colegio República de Argentina`.
static STREETS: SignWords = LazyLock::new(|| {
    split_signs(
        "av avda ave avenida avenue barrio boulevard bulevar calle callejon campamento carretera cerro chaussee \
         cine club colegio colonia condominio conjunto edificio escola escuela estadio estero hotel jiron liceo \
         lycee parque pasaje paseo place plaza plazuela poblacion praca quebrada residencial restaurante rio rua \
         rue sector square stade teatro travessa urbanizacion villa",
    )
});
/// Those that are also followed by `de`: `rue de Paris`, `Plaza de España`.
static STREETS_OF: SignWords = LazyLock::new(|| {
    split_signs("avenida avenue boulevard bulevar calle place plaza praca rua rue")
});
/// Words after such a name: `Cuba Street`.
static ROADS: SignWords =
    LazyLock::new(|| split_signs("ave avenue blvd boulevard drive lane rd road square st street"));
/// Hospitals named after countries are elsewhere, but `Hospital de Panamá` is in Panama.
static HOUSES: SignWords =
    LazyLock::new(|| split_signs("clinica hospital instituto maternidad puente"));
/// Agreements named after the city where they were made: `Paris Agreement`.
static AGREEMENTS: SignWords = LazyLock::new(|| {
    split_signs(
        "accord accords agreement agreements appeal call charter commitment compact consensus convention \
         conventions declaration framework guidelines pact platform principles process protocol protocols rules \
         statute treaty",
    )
});
/// The same before the city: `Acuerdo de París`, `Convention de Genève`.
static AGREED: SignWords = LazyLock::new(|| {
    split_signs(
        "accord accords acordo acordos acta acuerdo acuerdos agenda appel cadre carta charte compromiso consenso \
         consensus convencao convencion convenciones convenio convenios convention conventions declaracao \
         declaracion declaration directrices estatuto grupo marco pacte pacto plataforma principes principios \
         proceso processo processus protocole protocolo protocolos reglas regles regras statut traite tratado \
         tratados",
    )
});
/// Words before a person's name.
static TITLES: SignWords = LazyLock::new(|| {
    split_signs(
        "alcalde alcaldesa ambassador arzobispo bishop canciller capitan captain chancellor colonel comandante \
         concejal coronel deputado deputy diputada diputado director directora doctor doctora don dona dr dra \
         embajador embajadora expresidente general gobernador gobernadora governador governadora governor ing \
         ingeniero judge juez jueza lic licenciada licenciado madame maire mayor minister ministra ministre \
         ministro miss mlle mme monsenor monsieur mr mrs ms obispo padre papa pastor pope prefeito president \
         presidenta presidente prof profesor profesora professor rector rey sargento senador senadora senator \
         senhor senhora senor senora sergeant sir sor sr sra teniente vereador vicepresidente",
    )
});
/// Words that make the following name part of a longer one: `Nueva Granada`, `Puerto Colombia`, `San Israel`.
static PART_OF_A_NAME: SignWords = LazyLock::new(|| {
    split_signs(
        "cerro ciudadela colonia fort fuerte lac lago laguna lake mont monte mount new nouveau nouvelle nova novo \
         nueva nuevo port porto puerto saint sainte san santa santo sao st sta sto villa volcan",
    )
});
/// Words after a place that rule out a person's name: `Israel Defense Forces`.
static NOT_A_FAMILY: SignWords = LazyLock::new(|| {
    split_signs(
        "agency airport and authorities bank border branch central centre centro chamber city coast commission \
         committee council country day declaration defence defense delegation department district east embassy \
         federation first foundation government health house institute international island islands king minister \
         ministry mission national north oeste office operational parliament plan police president prime program \
         programme province queen red refugee region report republic response river situation society south state \
         sub supreme times today tourism trade university update valley weekly west",
    )
});
/// Words before a place: `en Temuco`, `alcalde de Arica`.
static LOCATIVES: SignWords = LazyLock::new(|| {
    split_signs(
        "a across al ao at au aux da de del desde do em en entre for from hacia hasta in into na near no of para \
         por pour pres through to toward towards vers within",
    )
});
/// Names of languages that also name peoples.
static TONGUES: SignWords = LazyLock::new(|| {
    split_signs(
        "aleman alemao allemand anglais chines chinese chino chinois coreano dutch espagnol espanhol espanol \
         francais frances french german ingles italian italiano italien japanese japones portugais portugues \
         portuguese rusa ruso russe russian russo spanish",
    )
});
/// Words before a language rather than a people: `en español`, `in French and English`.
static BEFORE_A_TONGUE: SignWords = LazyLock::new(|| {
    split_signs(
        "al anglais aprender au aulas curso cursos em en english habla hablan hablar idioma in ingles into \
         language learn lengua lingua speak speaks",
    )
});
static AFTER_A_TONGUE: SignWords = LazyLock::new(|| {
    split_signs(
        "class classes course courses edition language languages lessons speaker speakers speaking subtitles \
         translation translations version versions",
    )
});

/// A name in its context.
#[derive(Clone, Copy)]
pub(super) struct NameInContext<'a> {
    pub(super) words: &'a RegionWords,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> NameInContext<'a> {
    pub(super) fn new(words: &'a RegionWords, range: &Range<usize>) -> Self {
        Self {
            words,
            from: range.start,
            to: range.end,
        }
    }

    /// Returns the word `steps` before the name if nothing separates them; otherwise an empty string.
    fn word_before(self, steps: usize) -> &'a str {
        let first = self.from.checked_sub(steps);
        let joined =
            first.is_some_and(|first| (first..self.from).all(|at| self.words.is_joined(at + 1)));
        first
            .filter(|_| joined)
            .map_or("", |first| self.words.folded_word(first))
    }

    /// Returns the word after the name if nothing separates them; otherwise an empty string.
    fn word_after(self) -> &'a str {
        if self.words.is_joined(self.to) {
            self.words.folded_word(self.to)
        } else {
            ""
        }
    }

    fn word_case(self, at: usize) -> WordCase {
        self.words
            .list
            .get(at)
            .map_or(WordCase::Small, |word| word.case)
    }

    fn is_one_word(self) -> bool {
        self.to - self.from == 1
    }

    pub(super) fn sentence_style(self) -> SentenceStyle {
        self.words.sentence_style(self.from)
    }

    /// Returns true if its first or last word has a capital.
    pub(super) fn has_capital(self) -> bool {
        self.has_capital_at(self.from) || self.has_capital_at(self.to - 1)
    }

    /// Returns true if both its first and last words have a capital: `La Unión`, but not `la Unión`.
    pub(super) fn has_capitals_at_both_ends(self) -> bool {
        self.has_capital_at(self.from) && self.has_capital_at(self.to - 1)
    }

    fn has_capital_at(self, at: usize) -> bool {
        matches!(self.word_case(at), WordCase::Capital | WordCase::Capitals)
    }

    /// Returns true if it has letters beyond ASCII.
    pub(super) fn has_accents(self) -> bool {
        (self.from..self.to).any(|at| self.words.list.get(at).is_some_and(|word| word.accented))
    }

    /// Returns true if it is an abbreviation in capitals, `US` or `U.S.`, among words that are not.
    pub(super) fn is_in_capitals(self) -> bool {
        let capitals = |at: usize| match self.word_case(at) {
            WordCase::Capitals => true,
            WordCase::Capital => self.words.folded_word(at).len() == 1,
            WordCase::Small | WordCase::Digits => false,
        };
        self.sentence_style() != SentenceStyle::Capitals && (self.from..self.to).all(capitals)
    }

    /// Returns true for a street, a school, a bridge.
    pub(super) fn is_street(self) -> bool {
        let mut named = self;
        if self.word_before(1) == "de" && self.word_before(2) == "republica" {
            named.from -= 2;
        }
        let (one, two) = (named.word_before(1), named.word_before(2));
        STREETS.contains(one)
            || HOUSES.contains(one)
            || (matches!(one, "de" | "la" | "d" | "do" | "da") && STREETS_OF.contains(two))
            || ROADS.contains(self.word_after()) && self.word_case(self.to) == WordCase::Capital
    }

    /// Returns true for a treaty, a convention, a group of states.
    pub(super) fn is_agreement(self) -> bool {
        let of = matches!(self.word_before(1), "de" | "of" | "d" | "do" | "da");
        AGREEMENTS.contains(self.word_after()) || of && AGREED.contains(self.word_before(2))
    }

    /// Returns true for a part of a longer name that the table does not have.
    pub(super) fn is_part_of_a_name(self) -> bool {
        self.is_one_word()
            && PART_OF_A_NAME.contains(self.word_before(1))
            && matches!(
                self.word_case(self.from - 1),
                WordCase::Capital | WordCase::Capitals
            )
    }

    /// Returns true for a person's given or family name.
    pub(super) fn is_person(self, name: &PlaceName) -> bool {
        if !self.is_one_word() || !self.has_capital() {
            return false;
        }
        let (before, after) = (self.word_before(1), self.word_after());
        if TITLES.contains(before) {
            return true;
        }
        if !name.person {
            return false;
        }
        if GAZETTEER.is_given_name(before) && self.word_case(self.from - 1) != WordCase::Small {
            return true;
        }
        if matches!(self.word_case(self.to), WordCase::Small | WordCase::Digits)
            || NOT_A_FAMILY.contains(after)
        {
            return false;
        }
        GAZETTEER.is_family_name(after)
            || !after.is_empty()
                && self.sentence_style() == SentenceStyle::Sentence
                && self.word_case(self.to) == WordCase::Capital
                && !LOCATIVES.contains(before)
                && !GAZETTEER.names_a_country(self.words, self.to)
    }

    /// Returns true for a family name after a given name: `Victoria Alemán`, `Washington Irving`.
    pub(super) fn is_family_name(self) -> bool {
        self.word_case(self.from) == WordCase::Capital
            && self.sentence_style() == SentenceStyle::Sentence
            && self.is_one_word()
            && self.from > 0
            && self.word_case(self.from - 1) == WordCase::Capital
            && GAZETTEER.is_given_name(self.word_before(1))
    }

    /// Returns true for a language: `en español`, `clases de inglés`, `in Spanish, French and Portuguese`.
    pub(super) fn is_language_name(self) -> bool {
        if !TONGUES.contains(self.words.folded_run(self.from..self.to)) {
            return false;
        }
        let (before, after) = (self.word_before(1), self.word_after());
        let small = self.word_case(self.from) == WordCase::Small;
        let people = before == "in"
            && self.word_case(self.to) == WordCase::Small
            && !matches!(
                after,
                "" | "and" | "or" | "at" | "on" | "by" | "for" | "with" | "to"
            );
        AFTER_A_TONGUE.contains(after)
            || BEFORE_A_TONGUE.contains(before) && !people
            || small && matches!(before, "de" | "d" | "do")
            || self
                .enumerated_before(MAX_TONGUES)
                .any(Self::is_language_word)
    }

    /// Returns the preceding languages of the enumeration that it ends, the nearest first.
    fn enumerated_before(self, most: usize) -> impl Iterator<Item = Self> {
        let mut last = self;
        std::iter::from_fn(move || {
            let joined = matches!(
                last.word_before(1),
                "and" | "or" | "y" | "o" | "e" | "et" | "ou"
            );
            let comma = self
                .words
                .list
                .get(last.from)
                .is_some_and(|word| word.gap == WordGap::Comma);
            let at = last
                .from
                .checked_sub(if joined { 2 } else { 1 })
                .filter(|_| joined || comma)?;
            last = Self {
                words: last.words,
                from: at,
                to: at + 1,
            };
            TONGUES.contains(last.words.folded_word(at)).then_some(last)
        })
        .take(most)
    }

    fn is_language_word(self) -> bool {
        BEFORE_A_TONGUE.contains(self.word_before(1))
    }

    /// Returns true if a common word is clearly a place here.
    pub(super) fn is_clearly_place(self) -> bool {
        let followed = self.words.list.get(self.to).is_some_and(|word| {
            matches!(word.gap, WordGap::Colon | WordGap::Dash | WordGap::Comma)
        });
        let begins = self.words.begins_sentence(self.from);
        if LOCATIVES.contains(self.word_before(1)) {
            return true;
        }
        if begins {
            return followed;
        }
        self.sentence_style() == SentenceStyle::Sentence
    }

    /// Returns true if its sentence contains one of `signs`.
    pub(super) fn is_near_sign(self, signs: &SignWords) -> bool {
        let sentence = |at: usize| self.words.list.get(at).map(|word| word.sentence);
        let own = sentence(self.from);
        let back = (0..self.from).rev().take_while(|at| sentence(*at) == own);
        let on = (self.to..self.words.list.len()).take_while(|at| sentence(*at) == own);
        back.take(NEAR)
            .chain(on.take(NEAR))
            .any(|at| signs.contains(self.words.folded_word(at)))
    }
}

/// Maximum number of languages in one enumeration.
const MAX_TONGUES: usize = 8;
/// Maximum distance between a name and a word that explains it.
const NEAR: usize = 12;
