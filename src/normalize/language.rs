//! Detects the language of a text if the text leaves no doubt.
//!
//! Two methods must agree: `whichlang`, which examines letters and knows sixteen languages, and the most frequent
//! words of each language. A short text, a text in a language that neither knows, or one in two languages has no
//! known language. Catalan, Galician and Haitian Creole, which `whichlang` confuses with their neighbours, are
//! recognized by their words alone; more of them are required then.

use std::collections::HashMap;
use std::sync::LazyLock;

use whichlang::{Lang, detect_language};

use crate::languages::{TABLES, Words};
use crate::model::Language;

/// Length of the text examined, and of the part passed to `whichlang`, in bytes: more does not improve the result.
const LOOKED_AT: usize = 400;
const SEEN: usize = 240;
/// Minimum number of words of the language, and their minimum share of all words (one in five).
const MIN_WORDS: u32 = 3;
const MIN_SHARE: u32 = 5;
/// If words alone decide: minimum number, minimum lead over any other language, and minimum number of words unique to
/// it.
const MIN_WORDS_ALONE: u32 = 5;
const MIN_LEAD_ALONE: u32 = 2;
const MIN_OWN_ALONE: u32 = 1;
/// Minimum number of letters to recognize a script that one language uses.
const MIN_LETTERS: usize = 10;

/// Maximum length of the words searched for, in bytes.
const MAX_WORD_BYTES: usize = 12;

/// A language recognized by its words: its code, those words, and its name in `whichlang`, if any.
type LanguageByWords = (&'static str, Words, Option<Lang>);

/// The languages written in Latin letters; first those that `whichlang` does not know.
static BY_WORDS: LazyLock<Vec<LanguageByWords>> = LazyLock::new(|| {
    let tables = TABLES.iter();
    let tables = tables.filter(|table| !table.detection.words.is_empty());
    let by_words = tables.map(|table| (table.code, table.detection.words, table.whichlang));
    let mut by_words: Vec<LanguageByWords> = by_words.collect();
    by_words.sort_by_key(|(_, _, whichlang)| whichlang.is_some());
    by_words
});

/// Number of languages at the beginning that `whichlang` does not know.
static ALONE: LazyLock<usize> =
    LazyLock::new(|| BY_WORDS.partition_point(|(_, _, whichlang)| whichlang.is_none()));

/// Each of [`BY_WORDS`] needs one bit.
const MAX_BY_WORDS: usize = 64;
const _: () = assert!(TABLES.len() <= MAX_BY_WORDS);

/// For each word, the places in [`BY_WORDS`] of its languages, one bit each.
static LANGUAGES: LazyLock<HashMap<&str, u64>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    for (place, (_, words, _)) in BY_WORDS.iter().enumerate() {
        for word in *words {
            *languages.entry(*word).or_default() |= 1 << place;
        }
    }
    languages
});

/// Returns the language of a text if it is certain; only the beginning is examined.
pub fn identify_language(text: &str) -> Option<Language> {
    identify_expected(text, None)
}

/// As [`identify_language`], but an expected language needs only one of the two methods to agree.
pub(super) fn identify_expected(text: &str, expected: Option<&Language>) -> Option<Language> {
    let text = examined_part(text);
    let expected = expected.map(Language::primary);
    let code = identify_by_script(text).or_else(|| identify_by_words(text, expected))?;
    code.parse().ok()
}

/// Returns those of `languages` that an unidentified text is most likely in: those whose frequent words it has most
/// of, and those without a list of words. A text without any such word may be in all.
pub fn likeliest_languages(text: &str, languages: &[Language]) -> Vec<Language> {
    let counted = count_words(examined_part(text));
    let count = |language: &Language| {
        let code = language.primary();
        let place = BY_WORDS.iter().position(|(known, _, _)| *known == code);
        place.map(|place| counted.known[place])
    };
    let most = languages.iter().filter_map(count).max();
    let is_likely = |language: &&Language| count(language).is_none_or(|own| Some(own) == most);
    languages.iter().filter(is_likely).cloned().collect()
}

/// Returns the part of a text that is examined.
pub(super) fn examined_part(text: &str) -> &str {
    text.split_at(text.floor_char_boundary(LOOKED_AT)).0
}

/// Returns true if [`identify_language`] can recognize a language.
pub(super) fn is_known(language: &Language) -> bool {
    known_codes().any(|code| code == language.primary())
}

/// Returns the languages that [`identify_language`] can recognize.
pub fn known_languages() -> Vec<Language> {
    known_codes().filter_map(|code| code.parse().ok()).collect()
}

fn known_codes() -> impl Iterator<Item = &'static str> {
    let by_script = TABLES.iter().filter(|table| table.told_by_script);
    let by_words = BY_WORDS.iter().map(|(code, _, _)| *code);
    by_script.map(|table| table.code).chain(by_words)
}

/// Recognizes a script that one language uses, or that has letters of only one.
fn identify_by_script(text: &str) -> Option<&'static str> {
    let count = |is_one: &dyn Fn(char) -> bool| text.chars().filter(|c| is_one(*c)).count();
    if text.is_ascii() || count(&|c| c > '\u{24F}') < MIN_LETTERS {
        return None;
    }
    let letters = count(&char::is_alphabetic);
    let of = |code: &str| count(&|c| language_of_script(c) == Some(code));
    // Japanese is written in its own letters and in Chinese ones.
    if of("ja") * 5 > letters {
        return Some("ja");
    }
    let codes = ["ar", "el", "he", "ko", "ru", "th", "zh"];
    let code = codes.into_iter().find(|code| of(code) * 2 > letters)?;
    let sure = match code {
        "ar" => !text.contains(['پ', 'چ', 'ژ', 'گ', 'ک', 'ی', 'ٹ', 'ڑ', 'ے', 'ۆ', 'ڭ']),
        "ru" => {
            text.contains(['ы', 'э'])
                && !text.contains(['і', 'ї', 'є', 'ў', 'ә', 'ө', 'ү', 'ұ', 'ң', 'қ', 'ғ'])
        }
        _ => true,
    };
    sure.then_some(code)
}

/// Returns the language that mostly uses a letter's script.
fn language_of_script(letter: char) -> Option<&'static str> {
    match letter {
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Some("el"),
        '\u{400}'..='\u{4FF}' => Some("ru"),
        '\u{590}'..='\u{5FF}' => Some("he"),
        '\u{600}'..='\u{6FF}' => Some("ar"),
        '\u{E00}'..='\u{E7F}' => Some("th"),
        '\u{3040}'..='\u{30FF}' => Some("ja"),
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => Some("zh"),
        '\u{AC00}'..='\u{D7A3}' => Some("ko"),
        _ => None,
    }
}

fn identify_by_words(text: &str, expected: Option<&str>) -> Option<&'static str> {
    let counted = count_words(text);
    let enough = |count: u32, least| count >= least && count * MIN_SHARE >= counted.all;
    let alone = |place: &usize| {
        let others = counted
            .known
            .iter()
            .enumerate()
            .filter(|(other, _)| other != place);
        let second = others.map(|(_, known)| *known).max().unwrap_or(0);
        let known = counted.known[*place];
        enough(known, MIN_WORDS_ALONE)
            && known >= second + MIN_LEAD_ALONE
            && counted.own[*place] >= MIN_OWN_ALONE
    };
    if let Some(place) = (0..*ALONE).find(alone) {
        return Some(BY_WORDS[place].0);
    }
    let most = counted.known.iter().skip(*ALONE).max();
    let most = most.copied().unwrap_or(0);
    if !enough(most, MIN_WORDS) {
        return None;
    }
    let is_most = |code: &str| {
        let place = BY_WORDS.iter().position(|(known, _, _)| *known == code);
        place.is_some_and(|place| counted.known[place] == most)
    };
    if let Some((code, _, _)) = BY_WORDS
        .iter()
        .find(|(code, _, _)| Some(*code) == expected && is_most(code))
    {
        return Some(code);
    }
    let (seen, _) = text.split_at(text.floor_char_boundary(SEEN));
    let detected = Some(detect_language(seen));
    let mut known = BY_WORDS.iter();
    let (code, _, _) = known.find(|(_, _, whichlang)| *whichlang == detected)?;
    is_most(code).then_some(code)
}

/// Word counts of a text by language.
struct WordCounts {
    all: u32,
    /// Number of words, by place in [`BY_WORDS`].
    known: [u32; MAX_BY_WORDS],
    /// Number of words unique to the language.
    own: [u32; MAX_BY_WORDS],
}

fn count_words(text: &str) -> WordCounts {
    let mut counted = WordCounts {
        all: 0,
        known: [0; MAX_BY_WORDS],
        own: [0; MAX_BY_WORDS],
    };
    let is_part = |c: char| c.is_alphabetic() || matches!(c, '\'' | '’');
    for word in text.split(|c| !is_part(c)).filter(|word| !word.is_empty()) {
        counted.all += 1;
        if word.len() > MAX_WORD_BYTES {
            continue;
        }
        let plain = word.bytes().all(|byte| byte.is_ascii_lowercase());
        let found = if plain {
            LANGUAGES.get(word)
        } else {
            LANGUAGES.get(&*word.to_lowercase().replace('’', "'"))
        };
        let found = found.copied().unwrap_or(0);
        let is_own = found.is_power_of_two();
        let mut bits = found;
        while bits != 0 {
            let place = bits.trailing_zeros() as usize;
            counted.known[place] += 1;
            counted.own[place] += u32::from(is_own);
            bits &= bits - 1;
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let found = identify_language(text);
        assert_eq!(
            found.as_ref().map_or("", Language::as_str),
            expected,
            "{text}"
        );
    }

    #[test]
    fn languages_are_told_apart() {
        check(
            "The ministry said that workers who come for the harvest will be paid what was agreed.",
            "en",
        );
        check(
            "El ministerio informó que las personas que llegan para la cosecha recibirán lo acordado.",
            "es",
        );
        check(
            "O ministério informou que as pessoas que vêm para a colheita não receberão o combinado.",
            "pt",
        );
        check(
            "O ministerio informou de que as persoas que chegan para a colleita non recibirán unha axuda na terra.",
            "gl",
        );
        check(
            "El ministeri ha informat que les persones que arriben per a la collita no rebran els diners amb retard.",
            "ca",
        );
        check(
            "Le ministère a annoncé que les personnes venues pour la récolte seront payées comme prévu.",
            "fr",
        );
        check(
            "Ministè a fè konnen ke moun ki vin travay nan peyi a ap resevwa lajan yo te pwomèt yo.",
            "ht",
        );
        check(
            "Il ministero ha annunciato che le persone venute per il raccolto non saranno pagate.",
            "it",
        );
        check(
            "Das Ministerium teilte mit, dass die Menschen, die zur Ernte kommen, nicht bezahlt werden.",
            "de",
        );
        check(
            "Het ministerie heeft gezegd dat de mensen die voor de oogst komen niet worden betaald.",
            "nl",
        );
        check(
            "Ministerstwo poinformowało, że osoby, które przyjeżdżają na żniwa, nie otrzymają tego, co im się należy.",
            "pl",
        );
        check(
            "Министерство сообщило, что рабочие, которые приехали на уборку, получат деньги.",
            "ru",
        );
        check(
            "أعلنت الوزارة أن العمال القادمين للحصاد سيحصلون على أجورهم.",
            "ar",
        );
        check("劳动部宣布前来收割的工人将获得约定的报酬。", "zh");
        check("労働省は収穫に来た労働者に賃金を支払うと発表した。", "ja");
        check("Το υπουργείο ανακοίνωσε ότι οι εργάτες θα πληρωθούν.", "el");
    }

    #[test]
    fn no_word_is_longer_than_those_looked_up() {
        for (code, words, _) in BY_WORDS.iter() {
            let long = words.iter().filter(|word| word.len() > MAX_WORD_BYTES);
            assert_eq!(long.count(), 0, "{code}");
        }
    }

    #[test]
    fn a_few_words_say_what_a_text_may_be_in() {
        let check = |text: &str, expected: &str| {
            let languages: Vec<Language> = "de en es fr it cs"
                .split(' ')
                .map(|tag| tag.parse().unwrap())
                .collect();
            let found = likeliest_languages(text, &languages);
            let found: Vec<&str> = found.iter().map(Language::as_str).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        };
        check("Women in the fields", "en cs");
        check("Floods in Chiapas", "de en it cs");
        check("Inundaciones en Chiapas", "es fr cs");
        check("Luces", "de en es fr it cs");
        check("", "de en es fr it cs");
    }

    #[test]
    fn what_is_short_or_foreign_is_left_open() {
        for text in [
            "",
            "No.",
            "Press release",
            "Migración laboral",
            "Costa Rica celebrates workers",
            "2021-06-28 12:00",
            "Ministerstvo oznámilo, že lidé, kteří přijíždějí na sklizeň, nedostanou mzdu podle dohody.",
            "Міністерство повідомило, що робітники, які приїхали на жнива, отримають гроші.",
            "وزارت کار اعلام کرد که کارگران فصلی دستمزد خود را دریافت می‌کنند.",
            "Bakanlık, hasat için gelen işçilerin ücretlerini alacağını açıkladı.",
            "The report / El informe / Le rapport",
        ] {
            check(text, "");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), long in "[a-zñ 中]{100,300}") {
            for text in [&text, &long] {
                let found = identify_language(text);
                prop_assert!(found.is_none_or(|language| is_known(&language)));
            }
        }
    }
}
