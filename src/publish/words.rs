//! The texts of the pages, in every language whose table has page texts.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use crate::languages;
use crate::model::{Branch, Language, Precision, Region};

use super::names;
pub(super) use crate::languages::PageTexts as Words;

/// The separator between a title and its description.
pub(super) const SEPARATOR: &str = " · ";

/// The language of pages whose own language has no page texts.
const FALLBACK: &str = "en";

impl Words {
    /// Returns the words for a site in `language`, or the English ones if its table has no page texts.
    pub(super) fn for_language(language: &Language) -> &'static Self {
        let texts = |code| languages::table(code)?.pages.as_ref();
        let own = texts(language.primary()).or_else(|| texts(FALLBACK));
        own.expect("the table of English has page texts: a test looks")
    }

    /// Returns the language of a page with these words. `site` is the site's language, which is returned with
    /// its region if it is the same.
    pub(super) fn page_language<'a>(&self, site: &'a Language) -> &'a str {
        if site.primary() == self.language {
            site.as_str()
        } else {
            self.language
        }
    }

    /// Formats a place: `Mexico`, `Chiapas, Mexico`; its code if it has no name.
    pub(super) fn format_place(&self, region: Region) -> String {
        let named = |code: &str| names::place_name(code, self.language);
        let country = region.country();
        let country = named(country.as_str())
            .unwrap_or(country.as_str())
            .to_owned();
        if !region.is_subdivision() {
            return country;
        }
        let code = region.to_string();
        named(&code).map_or(code.clone(), |name| format!("{name}, {country}"))
    }

    /// Formats a day: `28 June 2021`.
    pub(super) fn format_day(&self, day: NaiveDate) -> String {
        let month = self.months[day.month0() as usize];
        format!("{}{of}{month}{of}{}", day.day(), day.year(), of = self.of)
    }

    /// Formats as much of a day as is known: `28 June 2021`, `June 2021`, `2021`.
    pub(super) fn format_date(&self, day: NaiveDate, known: Precision) -> String {
        let months = self.months_alone.as_ref().unwrap_or(&self.months);
        let month = months[day.month0() as usize];
        match known {
            Precision::Instant | Precision::Day => self.format_day(day),
            Precision::Month => format!("{month}{}{}", self.of, day.year()),
            Precision::Year => day.year().to_string(),
        }
    }

    /// Formats a number of stories.
    pub(super) fn format_story_count(&self, count: usize) -> String {
        let noun = if count == 1 { self.story } else { self.stories };
        format!("{count} {noun}")
    }

    /// Formats the number of stories that a page shows if it does not show all: `the newest 100 here`.
    pub(super) fn format_newest(&self, shown: usize) -> String {
        let [before, behind] = self.newest;
        format!("{before}{shown}{behind}")
    }

    /// Returns the name of a branch within its topic: `Mexico`, `Mexico · Spanish`. A source without a name is
    /// shown by its id.
    pub(super) fn branch_name(&self, branch: &Branch, publisher: Option<&str>) -> String {
        let called = |code: &str| {
            names::place_name(code, self.language)
                .unwrap_or(code)
                .to_owned()
        };
        let country = branch.country().map(|country| called(country.as_str()));
        let language = branch.language().map(|language| called(language.primary()));
        let source = branch
            .source()
            .map(|source| publisher.unwrap_or(source.as_str()).to_owned());
        let parts: Vec<String> = [country, language, source].into_iter().flatten().collect();
        parts.join(SEPARATOR)
    }

    /// Returns the heading for branches of this kind: `By country`.
    pub(super) fn facet_heading(&self, branch: &Branch) -> &'static str {
        let given = [
            branch.country().is_some(),
            branch.language().is_some(),
            branch.source().is_some(),
        ];
        let bits = given.map(usize::from);
        self.by_facets[(bits[0] | bits[1] << 1 | bits[2] << 2).saturating_sub(1)]
    }

    /// Describes the feed `title` of `site`.
    pub(super) fn describe_feed(&self, title: &str, site: &str) -> String {
        format!("{title}: {} {site}", self.bulletins)
    }
}

/// Formats a time of day with its zone: `14:30 UTC−6`.
pub(super) fn time_of_day(at: DateTime<FixedOffset>) -> String {
    let seconds = at.offset().local_minus_utc();
    let sign = if seconds < 0 { '−' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let zone = match (hours, minutes) {
        (0, 0) => String::new(),
        (hours, 0) => format!("{sign}{hours}"),
        (hours, minutes) => format!("{sign}{hours}:{minutes:02}"),
    };
    format!("{} UTC{zone}", at.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::TABLES;

    #[test]
    fn days_are_said_in_words() {
        let check = |language: &str, expected: &str| {
            let day = NaiveDate::from_ymd_opt(2021, 6, 8).unwrap();
            assert_eq!(
                Words::for_language(&language.parse().unwrap()).format_day(day),
                expected
            );
        };
        check("en", "8 June 2021");
        check("es-MX", "8 de junio de 2021");
        check("pl", "8 czerwca 2021");
        check("fr", "8 June 2021");
    }

    #[test]
    fn every_language_with_page_texts_has_names() {
        let speaking = TABLES.iter().filter(|table| table.pages.is_some());
        for code in speaking
            .map(|table| table.code)
            .filter(|code| *code != FALLBACK)
        {
            assert_ne!(
                names::place_name("ES", code),
                names::place_name("ES", FALLBACK),
                "{code}"
            );
        }
    }

    #[test]
    fn no_more_is_said_than_is_known() {
        let check = |language: &str, known, expected: &str| {
            let day = NaiveDate::from_ymd_opt(2021, 6, 1).unwrap();
            assert_eq!(
                Words::for_language(&language.parse().unwrap()).format_date(day, known),
                expected
            );
        };
        check("en", Precision::Instant, "1 June 2021");
        check("en", Precision::Month, "June 2021");
        check("es", Precision::Month, "junio de 2021");
        check("pl", Precision::Month, "czerwiec 2021");
        check("pl", Precision::Day, "1 czerwca 2021");
        check("en", Precision::Year, "2021");
    }

    #[test]
    fn places_have_labels() {
        let check = |language: &str, code: &str, label: &str| {
            let words = Words::for_language(&language.parse().unwrap());
            assert_eq!(words.format_place(code.parse().unwrap()), label);
        };
        check("en", "MX", "Mexico");
        check("es", "MX", "México");
        check("pl", "MX", "Meksyk");
        check("en", "MX-CHP", "Chiapas, Mexico");
        check("es", "MX-CMX", "Ciudad de México, México");
        check("en", "MX-ZZZ", "MX-ZZZ");
    }

    #[test]
    fn a_page_is_in_the_language_of_its_words() {
        let check = |site: &str, language: &str| {
            let site = site.parse().unwrap();
            assert_eq!(Words::for_language(&site).page_language(&site), language);
        };
        check("en-GB", "en-GB");
        check("es-MX", "es-MX");
        check("pl", "pl");
        check("fr", "en");
    }

    #[test]
    fn branches_are_called_what_people_call_them() {
        let check = |language: &str, branch: &str, name: &str, kind: &str| {
            let words = Words::for_language(&language.parse().unwrap());
            let branch: Branch = branch.parse().unwrap();
            assert_eq!(words.branch_name(&branch, Some("Agencia Sur")), name);
            assert_eq!(words.facet_heading(&branch), kind);
        };
        check("en", "mx", "Mexico", "By country");
        check("es", "mx", "México", "Por país");
        check("es", "lang-es", "español", "Por idioma");
        check("en", "from-iom", "Agencia Sur", "By source");
        let both = "México · español";
        check("es", "mx-lang-es", both, "Por país e idioma");
        let both = "Spanish · Agencia Sur";
        check("en", "lang-es-from-iom", both, "By language and source");
        let both = "Mexico · Agencia Sur";
        check("en", "mx-from-iom", both, "By country and source");
        let all = "Mexico · Spanish · Agencia Sur";
        check(
            "en",
            "mx-lang-es-from-iom",
            all,
            "By country, language and source",
        );
        // Some languages have a code but no name.
        check("en", "lang-qqq", "qqq", "By language");
        let words = Words::for_language(&"en".parse().unwrap());
        assert_eq!(words.branch_name(&"from-iom".parse().unwrap(), None), "iom");
    }

    #[test]
    fn times_bear_their_zone() {
        let check = |at: &str, expected: &str| {
            assert_eq!(time_of_day(at.parse().unwrap()), expected);
        };
        check("2021-06-28T14:30:59-06:00", "14:30 UTC−6");
        check("2021-06-28T00:05:00+05:30", "00:05 UTC+5:30");
        check("2021-06-28T14:30:00-00:30", "14:30 UTC−0:30");
        check("2021-06-28T14:30:00Z", "14:30 UTC");
    }
}
