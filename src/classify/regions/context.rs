//! Examines the context of a name to decide whether it means a place.
//!
//! Streets, treaties, saints and people have the names of places too. Words are folded: small letters, no accents.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::gazetteer::{GAZETTEER, Name};
use super::words::{Case, Gap, Style, Words};

/// Folded words with the same significance for an adjacent name.
pub(super) type Signs = LazyLock<FxHashSet<&'static str>>;

/// Splits words at blanks.
pub(super) fn signs(words: &'static str) -> FxHashSet<&'static str> {
    words.split_whitespace().collect()
}

/// Words before a name that is not a place: `Calle Cuba`, `Colegio República de Argentina`.
static STREETS: Signs = LazyLock::new(|| {
    signs(
        "av avda ave avenida avenue barrio boulevard bulevar calle callejon campamento carretera cerro chaussee \
         cine club colegio colonia condominio conjunto edificio escola escuela estadio estero hotel jiron liceo \
         lycee parque pasaje paseo place plaza plazuela poblacion praca quebrada residencial restaurante rio rua \
         rue sector square stade teatro travessa urbanizacion villa",
    )
});
/// Those that are also followed by `de`: `rue de Paris`, `Plaza de España`.
static STREETS_OF: Signs =
    LazyLock::new(|| signs("avenida avenue boulevard bulevar calle place plaza praca rua rue"));
/// Words after such a name: `Cuba Street`.
static ROADS: Signs =
    LazyLock::new(|| signs("ave avenue blvd boulevard drive lane rd road square st street"));
/// Hospitals named after countries are elsewhere, but `Hospital de Panamá` is in Panama.
static HOUSES: Signs = LazyLock::new(|| signs("clinica hospital instituto maternidad puente"));
/// Agreements named after the city where they were made: `Paris Agreement`.
static AGREEMENTS: Signs = LazyLock::new(|| {
    signs(
        "accord accords agreement agreements appeal call charter commitment compact consensus convention \
         conventions declaration framework guidelines pact platform principles process protocol protocols rules \
         statute treaty",
    )
});
/// The same before the city: `Acuerdo de París`, `Convention de Genève`.
static AGREED: Signs = LazyLock::new(|| {
    signs(
        "accord accords acordo acordos acta acuerdo acuerdos agenda appel cadre carta charte compromiso consenso \
         consensus convencao convencion convenciones convenio convenios convention conventions declaracao \
         declaracion declaration directrices estatuto grupo marco pacte pacto plataforma principes principios \
         proceso processo processus protocole protocolo protocolos reglas regles regras statut traite tratado \
         tratados",
    )
});
/// Words before a person's name.
static TITLES: Signs = LazyLock::new(|| {
    signs(
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
static PART_OF_A_NAME: Signs = LazyLock::new(|| {
    signs(
        "cerro ciudadela colonia fort fuerte lac lago laguna lake mont monte mount new nouveau nouvelle nova novo \
         nueva nuevo port porto puerto saint sainte san santa santo sao st sta sto villa volcan",
    )
});
/// Words after a place that rule out a person's name: `Israel Defense Forces`.
static NOT_A_FAMILY: Signs = LazyLock::new(|| {
    signs(
        "agency airport and authorities bank border branch central centre centro chamber city coast commission \
         committee council country day declaration defence defense delegation department district east embassy \
         federation first foundation government health house institute international island islands king minister \
         ministry mission national north oeste office operational parliament plan police president prime program \
         programme province queen red refugee region report republic response river situation society south state \
         sub supreme times today tourism trade university update valley weekly west",
    )
});
/// Words before a place: `en Temuco`, `alcalde de Arica`.
static LOCATIVES: Signs = LazyLock::new(|| {
    signs(
        "a across al ao at au aux da de del desde do em en entre for from hacia hasta in into na near no of para \
         por pour pres through to toward towards vers within",
    )
});
/// Names of languages that also name peoples.
static TONGUES: Signs = LazyLock::new(|| {
    signs(
        "aleman alemao allemand anglais chines chinese chino chinois coreano dutch espagnol espanhol espanol \
         francais frances french german ingles italian italiano italien japanese japones portugais portugues \
         portuguese rusa ruso russe russian russo spanish",
    )
});
/// Words before a language rather than a people: `en español`, `in French and English`.
static BEFORE_A_TONGUE: Signs = LazyLock::new(|| {
    signs(
        "al anglais aprender au aulas curso cursos em en english habla hablan hablar idioma in ingles into \
         language learn lengua lingua speak speaks",
    )
});
static AFTER_A_TONGUE: Signs = LazyLock::new(|| {
    signs(
        "class classes course courses edition language languages lessons speaker speakers speaking subtitles \
         translation translations version versions",
    )
});

/// A name in its context.
#[derive(Clone, Copy)]
pub(super) struct NameInContext<'a> {
    pub(super) words: &'a Words,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> NameInContext<'a> {
    pub(super) fn new(words: &'a Words, range: &Range<usize>) -> Self {
        Self {
            words,
            from: range.start,
            to: range.end,
        }
    }

    /// Returns the word `steps` before the name if nothing separates them; otherwise an empty string.
    fn before(self, steps: usize) -> &'a str {
        let first = self.from.checked_sub(steps);
        let joined =
            first.is_some_and(|first| (first..self.from).all(|at| self.words.joins(at + 1)));
        first
            .filter(|_| joined)
            .map_or("", |first| self.words.word(first))
    }

    /// Returns the word after the name if nothing separates them; otherwise an empty string.
    fn after(self) -> &'a str {
        if self.words.joins(self.to) {
            self.words.word(self.to)
        } else {
            ""
        }
    }

    fn case(self, at: usize) -> Case {
        self.words
            .list
            .get(at)
            .map_or(Case::Small, |word| word.case)
    }

    fn is_one_word(self) -> bool {
        self.to - self.from == 1
    }

    pub(super) fn style(self) -> Style {
        self.words.style(self.from)
    }

    /// Returns true if its first or last word has a capital.
    pub(super) fn has_capital(self) -> bool {
        self.is_capital(self.from) || self.is_capital(self.to - 1)
    }

    /// Returns true if both its first and last words have a capital: `La Unión`, but not `la Unión`.
    pub(super) fn has_capitals_at_both_ends(self) -> bool {
        self.is_capital(self.from) && self.is_capital(self.to - 1)
    }

    fn is_capital(self, at: usize) -> bool {
        matches!(self.case(at), Case::Capital | Case::Capitals)
    }

    /// Returns true if it has letters beyond ASCII.
    pub(super) fn has_accents(self) -> bool {
        (self.from..self.to).any(|at| self.words.list.get(at).is_some_and(|word| word.accented))
    }

    /// Returns true if it is an abbreviation in capitals, `US` or `U.S.`, among words that are not.
    pub(super) fn is_in_capitals(self) -> bool {
        let capitals = |at: usize| match self.case(at) {
            Case::Capitals => true,
            Case::Capital => self.words.word(at).len() == 1,
            Case::Small | Case::Digits => false,
        };
        self.style() != Style::Capitals && (self.from..self.to).all(capitals)
    }

    /// Returns true for a street, a school, a bridge.
    pub(super) fn is_a_street(self) -> bool {
        let mut named = self;
        if self.before(1) == "de" && self.before(2) == "republica" {
            named.from -= 2;
        }
        let (one, two) = (named.before(1), named.before(2));
        STREETS.contains(one)
            || HOUSES.contains(one)
            || (matches!(one, "de" | "la" | "d" | "do" | "da") && STREETS_OF.contains(two))
            || ROADS.contains(self.after()) && self.case(self.to) == Case::Capital
    }

    /// Returns true for a treaty, a convention, a group of states.
    pub(super) fn is_an_agreement(self) -> bool {
        let of = matches!(self.before(1), "de" | "of" | "d" | "do" | "da");
        AGREEMENTS.contains(self.after()) || of && AGREED.contains(self.before(2))
    }

    /// Returns true for a part of a longer name that the table does not have.
    pub(super) fn is_part_of_a_name(self) -> bool {
        self.is_one_word()
            && PART_OF_A_NAME.contains(self.before(1))
            && matches!(self.case(self.from - 1), Case::Capital | Case::Capitals)
    }

    /// Returns true for a person's given or family name.
    pub(super) fn is_a_person(self, name: &Name) -> bool {
        if !self.is_one_word() || !self.has_capital() {
            return false;
        }
        let (before, after) = (self.before(1), self.after());
        if TITLES.contains(before) {
            return true;
        }
        if !name.person {
            return false;
        }
        if GAZETTEER.is_given_name(before) && self.case(self.from - 1) != Case::Small {
            return true;
        }
        if matches!(self.case(self.to), Case::Small | Case::Digits) || NOT_A_FAMILY.contains(after)
        {
            return false;
        }
        GAZETTEER.is_family_name(after)
            || !after.is_empty()
                && self.style() == Style::Sentence
                && self.case(self.to) == Case::Capital
                && !LOCATIVES.contains(before)
                && !GAZETTEER.names_a_country(self.words, self.to)
    }

    /// Returns true for a family name after a given name: `Victoria Alemán`, `Washington Irving`.
    pub(super) fn is_a_family(self) -> bool {
        self.case(self.from) == Case::Capital
            && self.style() == Style::Sentence
            && self.is_one_word()
            && self.from > 0
            && self.case(self.from - 1) == Case::Capital
            && GAZETTEER.is_given_name(self.before(1))
    }

    /// Returns true for a language: `en español`, `clases de inglés`, `in Spanish, French and Portuguese`.
    pub(super) fn is_a_tongue(self) -> bool {
        if !TONGUES.contains(self.words.run(self.from..self.to)) {
            return false;
        }
        let (before, after) = (self.before(1), self.after());
        let small = self.case(self.from) == Case::Small;
        let people = before == "in"
            && self.case(self.to) == Case::Small
            && !matches!(
                after,
                "" | "and" | "or" | "at" | "on" | "by" | "for" | "with" | "to"
            );
        AFTER_A_TONGUE.contains(after)
            || BEFORE_A_TONGUE.contains(before) && !people
            || small && matches!(before, "de" | "d" | "do")
            || self
                .listed_before(MAX_TONGUES)
                .any(Self::is_a_tongue_itself)
    }

    /// Returns the preceding languages of the enumeration that it ends, the nearest first.
    fn listed_before(self, most: usize) -> impl Iterator<Item = Self> {
        let mut last = self;
        std::iter::from_fn(move || {
            let joined = matches!(last.before(1), "and" | "or" | "y" | "o" | "e" | "et" | "ou");
            let comma = self
                .words
                .list
                .get(last.from)
                .is_some_and(|word| word.gap == Gap::Comma);
            let at = last
                .from
                .checked_sub(if joined { 2 } else { 1 })
                .filter(|_| joined || comma)?;
            last = Self {
                words: last.words,
                from: at,
                to: at + 1,
            };
            TONGUES.contains(last.words.word(at)).then_some(last)
        })
        .take(most)
    }

    fn is_a_tongue_itself(self) -> bool {
        BEFORE_A_TONGUE.contains(self.before(1))
    }

    /// Returns true if a common word is clearly a place here.
    pub(super) fn is_located(self) -> bool {
        let followed = self
            .words
            .list
            .get(self.to)
            .is_some_and(|word| matches!(word.gap, Gap::Colon | Gap::Dash | Gap::Comma));
        let begins = self.words.begins(self.from);
        if LOCATIVES.contains(self.before(1)) {
            return true;
        }
        if begins {
            return followed;
        }
        self.style() == Style::Sentence
    }

    /// Returns true if its sentence contains one of `signs`.
    pub(super) fn beside(self, signs: &Signs) -> bool {
        let sentence = |at: usize| self.words.list.get(at).map(|word| word.sentence);
        let own = sentence(self.from);
        let back = (0..self.from).rev().take_while(|at| sentence(*at) == own);
        let on = (self.to..self.words.list.len()).take_while(|at| sentence(*at) == own);
        back.take(NEAR)
            .chain(on.take(NEAR))
            .any(|at| signs.contains(self.words.word(at)))
    }
}

/// Maximum number of languages in one enumeration.
const MAX_TONGUES: usize = 8;
/// Maximum distance between a name and a word that explains it.
const NEAR: usize = 12;
