//! Determines the main language of a source from its items, for items that do not reveal theirs.

use std::collections::BTreeMap;

use crate::model::{Item, Language};

/// Number of items from which the language of a source is certain.
const SURE: usize = 3;
/// Minimum share of the items of known language: three of four.
const SHARE: (usize, usize) = (3, 4);

/// The language that most items of a source are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsualLanguage {
    /// The language, without a country if the items are from several.
    pub language: Language,
    items: usize,
}

impl UsualLanguage {
    /// Returns the language of most of `items`; `None` if they have none, or several.
    pub fn from_items<'a>(items: impl IntoIterator<Item = &'a Item>) -> Option<Self> {
        let known = items.into_iter().filter_map(|item| item.language.as_ref());
        let mut by_primary: BTreeMap<&str, Vec<&Language>> = BTreeMap::new();
        let mut all = 0;
        for language in known {
            by_primary
                .entry(language.primary())
                .or_default()
                .push(language);
            all += 1;
        }
        let (primary, most) = by_primary
            .into_iter()
            .max_by_key(|(_, found)| found.len())?;
        if most.len() * SHARE.1 < all * SHARE.0 {
            return None;
        }
        let first = *most.first()?;
        let same = most.iter().all(|language| *language == first);
        let language = if same {
            first.clone()
        } else {
            primary.parse().ok()?
        };
        Some(Self {
            language,
            items: most.len(),
        })
    }

    /// Returns true if enough items are in it to store it with their source.
    pub fn is_sure(&self) -> bool {
        self.items >= SURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::normalize;
    use crate::normalize::tests::{entry, source};

    const SPANISH: &str =
        "El ministerio informó que las personas que llegan para la cosecha recibirán lo acordado.";
    const ENGLISH: &str =
        "The ministry said that workers who come for the harvest will be paid what was agreed.";

    /// Checks the language of each item: as known, or after `~` as assumed.
    #[track_caller]
    fn check(kept: &str, texts: &[&str], expected: &[&str]) {
        let mut source = source();
        source.usual_language = kept.parse().ok();
        let entries: Vec<String> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| format!("{number}||Aviso {number}||{text}"))
            .collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let items = normalize(&source, vec![entry::page(&entries)]).items;
        let shown = items
            .iter()
            .map(|item| match (&item.language, &item.assumed_language) {
                (Some(known), _) => known.to_string(),
                (None, Some(assumed)) => format!("~{assumed}"),
                (None, None) => String::new(),
            });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{texts:?}");
    }

    #[test]
    fn an_item_of_an_unknown_language_is_in_that_of_the_others() {
        check("", &["Luces"], &[""]);
        check("", &[SPANISH, "Luces"], &["es", "~es"]);
        check("", &[SPANISH, ENGLISH, "Luces"], &["es", "en", ""]);
        check(
            "",
            &[SPANISH, SPANISH, SPANISH, ENGLISH, "Luces"],
            &["es", "es", "es", "en", "~es"],
        );
        // The stored language of the source stays, whatever its items are in today.
        check("pt", &[SPANISH, SPANISH, "Luces"], &["es", "es", "~pt"]);
        check("pt-BR", &["Luces"], &["~pt-BR"]);
    }

    #[test]
    fn a_few_items_are_not_enough_to_keep_a_language() {
        let of = |texts: &[&str]| {
            let entries: Vec<String> = texts
                .iter()
                .map(|text| format!("{text}||One||{text}"))
                .collect();
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let items = normalize(&source(), vec![entry::page(&entries)]).items;
            UsualLanguage::from_items(&items).is_some_and(|usual| usual.is_sure())
        };
        let several = ["1", "2", "3"].map(|number| format!("{SPANISH} {number}"));
        let several: Vec<&str> = several.iter().map(String::as_str).collect();
        assert!(of(&several));
        assert!(!of(&several[..2]));
    }
}
