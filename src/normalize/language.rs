//! The language of a text, where the text leaves no doubt.
//!
//! Two witnesses are heard: `whichlang`, which looks at letters and knows sixteen languages, and the words that no text
//! of a language does without. Where they agree the language is known; a short text, one of a language that neither
//! knows, or one of two languages is of none. Catalan, Galician and Haitian Creole, which `whichlang` takes for their
//! neighbours, are told by their words alone, of which more are wanted then.

use std::collections::HashMap;
use std::sync::LazyLock;

use whichlang::{Lang, detect_language};

use crate::model::Language;

/// How much of a text is looked at, and how much of that by `whichlang`, in bytes: more makes nothing surer.
const LOOKED_AT: usize = 400;
const SEEN: usize = 240;
/// How many of its words at least must be the language's, and what share of all.
const MIN_WORDS: u32 = 3;
const MIN_SHARE: u32 = 5;
/// How many are wanted, how many more than of any other, and how many that no other has, where the words stand alone.
const MIN_WORDS_ALONE: u32 = 5;
const MIN_LEAD_ALONE: u32 = 2;
const MIN_OWN_ALONE: u32 = 1;
/// How many letters tell a script that one language uses.
const MIN_LETTERS: usize = 10;

/// The longest of the words below, in bytes.
const MAX_WORD_BYTES: usize = 12;

/// The words of the languages that are written in Latin letters.
const WORDS: [(&str, &str); 10] = [
    (
        "ca",
        "a això al als amb aquest aquesta com d'un de del dels des el els en entre està fins ha han hi i l'any la \
         les li molt més no o on pel pels per perquè però que qui s'ha se sense ser seu seus seva seves si sobre \
         són també tot un una és",
    ),
    (
        "gl",
        "a ao aos as ata ben como con contra da das de dende desta deste do dos durante e el en entre era esta \
         este estes está foi fronte hai mellor moi máis na nas no non nos nosa nova o onde os outras outros para \
         pero pode pola polas polo polos porque que se segundo sen ser seu seus sobre son só súa súas tamén tras \
         un unha unhas xa á é ía",
    ),
    (
        "ht",
        "ak ansanm ap ayisyen ayiti ba chak dwa epi fè fèt gen genyen jodi ka kap ki konsa kont kote kounye la \
         lan li lòt men moun mwen n nan nou nouvo pa paske peyi pi plis pou pral pran premye sa sak se si \
         sitiyasyon sou sòti tankou te tou tout vin vle w yo yon youn",
    ),
    (
        "de",
        "aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer eines \
         er es für haben hat im in ist kann mehr mit nach nicht noch nur oder sein seine sich sie sind um und \
         unter vom von vor war was werden wie wird wurde zu zum zur über",
    ),
    (
        "en",
        "a about after all also an and are as at be been but by can for from had has have he her his how in into \
         is it its more new not of on or other our over said she than that the their there they this to up was we \
         were what when which who will with would you",
    ),
    (
        "es",
        "a al ante así como con contra cuando de del desde donde e el ella en entre era es esta estas este estos \
         está fue ha han hasta hay la las le les lo los muy más no nos o para pero por porque puede que se según \
         ser sin sobre son su sus también tras un una unos y ya",
    ),
    (
        "fr",
        "a afin après au aussi aux avec ce ces cette comme contre d'un d'une dans de depuis des du elle elles en \
         entre est et il ils je la le les leur leurs lors lui mais même ne nous on ont ou où par pas plus pour \
         qu'il que qui sa sans se selon ses son sont sous sur un une vers vous à été être",
    ),
    (
        "it",
        "a agli ai al alla alle anche che chi ci come con contro così da dal dalla dalle degli dei del della \
         delle di dopo e ed era essere fino gli ha hanno i il in io la le lo loro ma molto nei nel nell nella \
         nelle non o ogni per perché più prima quando quella questa questo se senza si sono stato su sua sui sul \
         sulla suo suoi tra tutti un una uno è",
    ),
    (
        "nl",
        "aan al als bij dan dat de deze die dit door een en er geen haar heb hebben heeft het hij hun ik in is \
         kan maar meer met mijn na naar niet nog nu of om ook op over te tegen tijdens toch tot u uit van veel \
         voor was wat we werd wie wij worden wordt zal ze zei zich zijn zo",
    ),
    (
        "pt",
        "a ainda ante ao aos após as até com como contra da das de depois desde desta deste dia do dos durante e \
         ela ele em entre era essa esse esta estas este estes está eu foi foram frente há isso já mais mas mesmo \
         muito na nas nem no nos nossa nova não o onde os ou outra outras outros para pela pelas pelo pelos pode \
         por porque quando que quem se segundo sem ser seu seus sobre sua suas são só também tem um uma à às é",
    ),
];
/// How many of them, at the beginning, `whichlang` does not know.
const ALONE: usize = 3;

/// By word, the places in [`WORDS`] of the languages that have it, a bit each.
static LANGUAGES: LazyLock<HashMap<&str, u16>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    for (place, (_, words)) in WORDS.iter().enumerate() {
        for word in words.split_whitespace() {
            *languages.entry(word).or_default() |= 1 << place;
        }
    }
    languages
});

/// The language that a text is surely written in; its beginning is looked at.
pub fn language_of(text: &str) -> Option<Language> {
    written(text, None)
}

/// The same, where one language is expected: texts that are surely in it need only one witness.
pub(super) fn written(text: &str, expected: Option<&Language>) -> Option<Language> {
    let text = beginning(text);
    let expected = expected.map(Language::primary);
    let code = by_script(text).or_else(|| by_words(text, expected))?;
    code.parse().ok()
}

/// Of `languages`, those that a text of an unknown language may be in: those whose little words it has most of, and those
/// of which no words are known. A text without any may be in all.
pub fn likeliest(text: &str, languages: &[Language]) -> Vec<Language> {
    let counted = counted(beginning(text));
    let count = |language: &Language| {
        let mut places = WORDS.iter().zip(counted.known);
        let found = places.find(|((code, _), _)| *code == language.primary());
        found.map(|(_, count)| count)
    };
    let most = languages.iter().filter_map(count).max();
    let is_likely = |language: &&Language| count(language).is_none_or(|own| Some(own) == most);
    languages.iter().filter(is_likely).cloned().collect()
}

/// As much of a text as is looked at.
pub(super) fn beginning(text: &str) -> &str {
    text.split_at(text.floor_char_boundary(LOOKED_AT)).0
}

/// The languages that a script is enough to tell.
const BY_SCRIPT: [&str; 8] = ["ar", "el", "he", "ja", "ko", "ru", "th", "zh"];

/// Whether [`language_of`] can tell texts of a language.
pub(super) fn is_known(language: &Language) -> bool {
    codes().any(|code| code == language.primary())
}

/// Returns the languages whose texts [`language_of`] can tell.
pub fn known_languages() -> Vec<Language> {
    codes().filter_map(|code| code.parse().ok()).collect()
}

fn codes() -> impl Iterator<Item = &'static str> {
    let by_words = WORDS.iter().map(|(code, _)| *code);
    BY_SCRIPT.into_iter().chain(by_words)
}

/// Of a script that one language uses, or that holds letters of one.
fn by_script(text: &str) -> Option<&'static str> {
    let count = |is_one: &dyn Fn(char) -> bool| text.chars().filter(|c| is_one(*c)).count();
    if text.is_ascii() || count(&|c| c > '\u{24F}') < MIN_LETTERS {
        return None;
    }
    let letters = count(&char::is_alphabetic);
    let of = |code: &str| count(&|c| script(c) == Some(code));
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

/// The language that a letter's script is mostly used for.
fn script(letter: char) -> Option<&'static str> {
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

fn by_words(text: &str, expected: Option<&str>) -> Option<&'static str> {
    let counted = counted(text);
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
    if let Some(place) = (0..ALONE).find(alone) {
        return Some(WORDS[place].0);
    }
    let most = counted.known[ALONE..].iter().max().copied().unwrap_or(0);
    if !enough(most, MIN_WORDS) {
        return None;
    }
    let is_most = |code: &str| {
        let place = WORDS.iter().position(|(known, _)| *known == code);
        place.is_some_and(|place| counted.known[place] == most)
    };
    if let Some((code, _)) = WORDS
        .iter()
        .find(|(code, _)| Some(*code) == expected && is_most(code))
    {
        return Some(code);
    }
    let (seen, _) = text.split_at(text.floor_char_boundary(SEEN));
    code_of(detect_language(seen)).filter(|code| is_most(code))
}

/// How many words of a text are each language's.
#[derive(Default)]
struct Counted {
    all: u32,
    /// By the place in [`WORDS`].
    known: [u32; WORDS.len()],
    /// Those that are no other's.
    own: [u32; WORDS.len()],
}

fn counted(text: &str) -> Counted {
    let mut counted = Counted::default();
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
        for place in 0..WORDS.len() {
            let known = found >> place & 1;
            counted.known[place] += u32::from(known);
            counted.own[place] += u32::from(known) & u32::from(found.is_power_of_two());
        }
    }
    counted
}

fn code_of(language: Lang) -> Option<&'static str> {
    match language {
        Lang::Deu => Some("de"),
        Lang::Eng => Some("en"),
        Lang::Fra => Some("fr"),
        Lang::Ita => Some("it"),
        Lang::Nld => Some("nl"),
        Lang::Por => Some("pt"),
        Lang::Spa => Some("es"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let found = language_of(text);
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
    fn a_few_words_say_what_a_text_may_be_in() {
        let check = |text: &str, expected: &str| {
            let languages: Vec<Language> = "de en es fr it pl"
                .split(' ')
                .map(|tag| tag.parse().unwrap())
                .collect();
            let found = likeliest(text, &languages);
            let found: Vec<&str> = found.iter().map(Language::as_str).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        };
        check("Women in the fields", "en pl");
        check("Floods in Chiapas", "de en it pl");
        check("Inundaciones en Chiapas", "es fr pl");
        check("Luces", "de en es fr it pl");
        check("", "de en es fr it pl");
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
            "Ministerstwo poinformowało, że osoby przyjeżdżające na żniwa nie otrzymają wynagrodzenia.",
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
                let found = language_of(text);
                prop_assert!(found.is_none_or(|language| is_known(&language)));
            }
        }
    }
}
