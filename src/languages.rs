//! The words of each language, for every stage that reads or writes text.
//!
//! In: `data/languages`, one file per language, checked and turned into static data by the build
//! (`build/languages.rs`). Out: [`TABLES`]. Types and fields have the names of the files' sections and keys;
//! `data/languages/README.md` explains each of them and how to add a language. A field that a file does not fill is
//! empty.

use rustc_hash::FxHashSet;
use snowball_stemmers_rs::Algorithm;
use whichlang::Lang;

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// Words and phrases.
pub(crate) type Words = &'static [&'static str];
/// Words keyed by the number that they mean.
pub(crate) type Numbered = &'static [(i32, Words)];

/// The words and properties of one language.
pub(crate) struct LanguageTable {
    /// ISO 639-1; `any` for the table shared by all languages.
    pub(crate) code: &'static str,
    pub(crate) date_order: Option<UsualOrder>,
    pub(crate) stemmer: Option<Algorithm>,
    pub(crate) whichlang: Option<Lang>,
    pub(crate) told_by_script: bool,
    pub(crate) months: Numbered,
    pub(crate) weekdays: Numbered,
    pub(crate) near_days: Numbered,
    pub(crate) units: SpanWords,
    pub(crate) unit_letters: SpanWords,
    pub(crate) single_units: SpanWords,
    pub(crate) paired_units: SpanWords,
    pub(crate) counts: Numbered,
    pub(crate) dates: DateWords,
    pub(crate) detection: DetectionWords,
    pub(crate) text: TextWords,
    pub(crate) links: LinkWords,
    pub(crate) lists: ListWords,
    pub(crate) naming: NamingWords,
    pub(crate) search: SearchWords,
    pub(crate) plurals: &'static [(&'static str, Words)],
    pub(crate) comparing: ComparingWords,
    pub(crate) compared_numbers: Numbered,
    pub(crate) compared_own_numbers: Numbered,
    pub(crate) compared_months: Numbered,
    pub(crate) compared_maybe_months: Numbered,
    pub(crate) compared_weekdays: Numbered,
    pub(crate) pages: Option<PageTexts>,
}

/// The order of day and month in numeric dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsualOrder {
    DayFirst,
    YearFirst,
    /// The month first in the United States, the day first in other countries.
    ByCountry,
}

/// Spans of time.
pub(crate) struct SpanWords {
    pub(crate) second: Words,
    pub(crate) minute: Words,
    pub(crate) hour: Words,
    pub(crate) day: Words,
    pub(crate) week: Words,
    pub(crate) month: Words,
    pub(crate) year: Words,
    pub(crate) decade: Words,
}

/// Words and signs in dates, other than names and numbers.
pub(crate) struct DateWords {
    pub(crate) now: Words,
    pub(crate) past_suffix: Words,
    pub(crate) past_prefix: Words,
    pub(crate) future_prefix: Words,
    pub(crate) future_suffix: Words,
    pub(crate) last: Words,
    pub(crate) next: Words,
    pub(crate) few: Words,
    pub(crate) ordinal: Words,
    pub(crate) first_day: Words,
    pub(crate) am: Words,
    pub(crate) pm: Words,
    pub(crate) am_letter: Words,
    pub(crate) pm_letter: Words,
    pub(crate) half_mark: Words,
    pub(crate) noon: Words,
    pub(crate) midnight: Words,
    pub(crate) hour_mark: Words,
    pub(crate) minute_mark: Words,
    pub(crate) second_mark: Words,
    pub(crate) time_mark: Words,
    pub(crate) week_mark: Words,
    pub(crate) year_mark: Words,
    pub(crate) month_mark: Words,
    pub(crate) day_mark: Words,
    pub(crate) year_word: Words,
    pub(crate) epi_week: Words,
    pub(crate) epi_letters: Words,
    pub(crate) iso_week: Words,
    pub(crate) of: Words,
    pub(crate) from: Words,
    pub(crate) to: Words,
    pub(crate) at: Words,
    pub(crate) counter: Words,
    pub(crate) filler: Words,
    pub(crate) place_prefix: Words,
    pub(crate) place_suffix: Words,
    pub(crate) common_words: Words,
}

/// Words that occur in every text of the language.
pub(crate) struct DetectionWords {
    pub(crate) words: Words,
}

/// Words around the text of a bulletin, and properties of its sentences.
pub(crate) struct TextWords {
    pub(crate) read_more: Words,
    pub(crate) read_more_lines: Words,
    pub(crate) appeared_first: &'static [(&'static str, &'static str)],
    pub(crate) updated_stamps: Words,
    pub(crate) abbreviations: Words,
    pub(crate) name_particles: Words,
}

/// Labels of links.
pub(crate) struct LinkWords {
    pub(crate) next_page: Words,
    pub(crate) feed: Words,
    pub(crate) comments: Words,
    pub(crate) asked_for: Words,
    pub(crate) labels: Words,
}

/// Labels of the parts of lists.
pub(crate) struct ListWords {
    pub(crate) title_heads: Words,
    pub(crate) sure_title_heads: Words,
    pub(crate) date_heads: Words,
    pub(crate) number_heads: Words,
    pub(crate) published_labels: Words,
    pub(crate) other_date_labels: Words,
    pub(crate) title_classes: Words,
    pub(crate) date_classes: Words,
    pub(crate) addresses: Words,
}

/// Words in the titles of sites.
pub(crate) struct NamingWords {
    pub(crate) noise: Words,
    pub(crate) sections: Words,
}

/// Words treated specially in queries.
pub(crate) struct SearchWords {
    pub(crate) stop_words: Words,
    pub(crate) particles: Words,
}

/// Words treated specially when two texts are compared.
pub(crate) struct ComparingWords {
    pub(crate) joining: Words,
    pub(crate) joins_numbers: Words,
    pub(crate) ordinal_endings: Words,
    pub(crate) designators: Words,
}

/// The texts of published pages.
pub(crate) struct PageTexts {
    /// The primary subtag of the language.
    pub(crate) language: &'static str,
    /// Names used in a date with a day.
    pub(crate) months: [&'static str; 12],
    /// Names used without a day, if they differ.
    pub(crate) months_alone: Option<[&'static str; 12]>,
    /// The words between day and month, and between month and year.
    pub(crate) of: &'static str,
    pub(crate) story: &'static str,
    pub(crate) stories: &'static str,
    pub(crate) bulletins: &'static str,
    /// The text around the number of stories that a page shows out of all.
    pub(crate) newest: [&'static str; 2],
    /// Headings for branches by the facets that distinguish them: a binary number of three digits, with countries as
    /// the last one, counted from 1.
    pub(crate) by_facets: [&'static str; 7],
    pub(crate) and: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) path: &'static str,
    pub(crate) subscribe: &'static str,
    pub(crate) last_change: &'static str,
    pub(crate) first_seen: &'static str,
    pub(crate) takes_place: &'static str,
    pub(crate) by: &'static str,
    pub(crate) also_reported_by: &'static str,
    pub(crate) attached: &'static str,
    pub(crate) no_stories: &'static str,
    pub(crate) feeds: &'static str,
    pub(crate) all_feeds: &'static str,
    pub(crate) all_branches: &'static str,
    pub(crate) all_topics: &'static str,
    pub(crate) about: &'static str,
    pub(crate) no_feeds: &'static str,
    pub(crate) branches: &'static str,
    pub(crate) branches_of_topics: &'static str,
    pub(crate) search: &'static str,
    pub(crate) query: &'static str,
    /// Examples of queries with operators, and their meaning.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    pub(crate) subscribe_to_search: &'static str,
    pub(crate) nothing_found: &'static str,
    pub(crate) no_query: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) missing_why: &'static str,
    pub(crate) character: &'static str,
}

/// Returns the table shared by all languages, followed by the table of each language.
pub(crate) fn all() -> impl Iterator<Item = &'static LanguageTable> {
    std::iter::once(&SHARED).chain(&TABLES)
}

/// Returns the table of a language by its code.
pub(crate) fn table(code: &str) -> Option<&'static LanguageTable> {
    TABLES.iter().find(|table| table.code == code)
}

/// Returns the words of one kind in every language.
pub(crate) fn words(
    of: impl Fn(&'static LanguageTable) -> Words,
) -> impl Iterator<Item = &'static str> {
    all().flat_map(of).copied()
}

/// Returns the same words as a set for lookup.
pub(crate) fn set(of: impl Fn(&'static LanguageTable) -> Words) -> FxHashSet<&'static str> {
    words(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_code() {
        assert_eq!(table("es").map(|table| table.code), Some("es"));
        assert!(table("any").is_none());
        assert!(table("xx").is_none());
    }

    #[test]
    fn words_are_those_of_all_languages_and_the_shared_ones() {
        let labels = set(|table| table.links.labels);
        for word in ["pdf", "more", "leer", "weiterlesen"] {
            assert!(labels.contains(word), "{word}");
        }
    }

    #[test]
    fn folded_words_are_folded() {
        for table in all() {
            let comparing = &table.comparing;
            let numbers = table.compared_numbers.iter();
            let numbers = numbers.chain(table.compared_months);
            let words = numbers.flat_map(|(_, words)| *words);
            let words = words.chain(comparing.joining).chain(comparing.designators);
            let words = words.chain(table.text.name_particles);
            for word in words.chain(table.text.read_more) {
                assert_eq!(crate::text::fold_text(word), *word, "{}", table.code);
            }
        }
    }
}
