//! Names of countries, their subdivisions and languages.
//!
//! In: `data/names/names.tsv`, made by the script in its folder. Out: a map by code, built once on first use.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

const NAMES: &str = include_str!("../../data/names/names.tsv");

/// The names of one thing: in English, and in each further language of the table whose name differs.
type TranslatedNames = Vec<&'static str>;

/// The parsed table.
struct NameTable {
    /// The languages after English.
    languages: Vec<&'static str>,
    by_code: FxHashMap<&'static str, TranslatedNames>,
}

/// Returns the name of a country or a subdivision by its upper-case code (`MX`, `MX-CHP`), or of a language by
/// its subtag (`es`), in `language` or else in English; `None` if it has no name.
pub(super) fn place_name(code: &str, language: &str) -> Option<&'static str> {
    static TABLE: LazyLock<NameTable> = LazyLock::new(|| parse_table(NAMES));
    let names = TABLE.by_code.get(code)?;
    let place = TABLE.languages.iter().position(|known| *known == language);
    let own = place.and_then(|place| names.get(place + 1));
    let own = own.filter(|name| !name.is_empty());
    own.or(names.first()).copied()
}

fn parse_table(table: &'static str) -> NameTable {
    let mut lines = table.lines().map(|line| line.split('\t'));
    // `code`, `en`, and the others.
    let languages = lines.next().into_iter().flatten().skip(2).collect();
    let named = lines.filter_map(|mut line| Some((line.next()?, line.collect())));
    NameTable {
        languages,
        by_code: named.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Country;

    #[test]
    fn codes_have_names() {
        let check = |code: &str, english: &str, spanish: &str| {
            assert_eq!(place_name(code, "en"), Some(english));
            assert_eq!(place_name(code, "es"), Some(spanish));
        };
        check("MX", "Mexico", "México");
        check("MX-CHP", "Chiapas", "Chiapas");
        check("GB-ENG", "England", "Inglaterra");
        check("FR-IDF", "Île-de-France", "Île-de-France");
        check("es", "Spanish", "español");
        check("ht", "Haitian Creole", "criollo haitiano");
        check("kek", "Qʼeqchiʼ", "Qʼeqchiʼ");
        assert_eq!(place_name("MX", "hu"), Some("Mexico"));
        assert!(place_name("es-MX", "en").is_none());
    }

    #[test]
    fn every_country_has_one() {
        let letters = || 'A'..='Z';
        let codes = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let unnamed: Vec<String> = codes
            .filter(|code| code.parse::<Country>().is_ok() && place_name(code, "en").is_none())
            .collect();
        assert_eq!(unnamed, [""; 0]);
    }
}
