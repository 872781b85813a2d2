//! Names of countries, their subdivisions and languages.
//!
//! In: `data/names/names.tsv`, made by the script beside it. Out: a map by code, built once, when it is first asked for.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

const NAMES: &str = include_str!("../../data/names/names.tsv");

/// One thing's name in each language that pages speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) english: &'static str,
    pub(super) spanish: &'static str,
}

/// The name of a country or a subdivision by its code in capitals (`MX`, `MX-CHP`), or of a language by its subtag (`es`), where
/// there is one.
pub(super) fn of(code: &str) -> Option<Name> {
    static BY_CODE: LazyLock<FxHashMap<&str, Name>> =
        LazyLock::new(|| NAMES.lines().filter_map(read).collect());
    BY_CODE.get(code).copied()
}

fn read(line: &'static str) -> Option<(&'static str, Name)> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    let (code, english) = (next()?, next()?);
    let spanish = next().unwrap_or(english);
    Some((code, Name { english, spanish }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Country;

    #[test]
    fn codes_have_names() {
        let check = |code: &str, english: &str, spanish: &str| {
            let name = of(code).unwrap();
            assert_eq!((name.english, name.spanish), (english, spanish));
        };
        check("MX", "Mexico", "México");
        check("MX-CHP", "Chiapas", "Chiapas");
        check("GB-ENG", "England", "Inglaterra");
        check("FR-IDF", "Île-de-France", "Île-de-France");
        check("es", "Spanish", "español");
        check("ht", "Haitian Creole", "criollo haitiano");
        check("kek", "Qʼeqchiʼ", "Qʼeqchiʼ");
        assert!(of("es-MX").is_none());
    }

    #[test]
    fn every_country_has_one() {
        let letters = || 'A'..='Z';
        let codes = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let unnamed: Vec<String> = codes
            .filter(|code| code.parse::<Country>().is_ok() && of(code).is_none())
            .collect();
        assert_eq!(unnamed, [""; 0]);
    }
}
