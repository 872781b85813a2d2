//! What the pages say, in English and in Spanish.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use crate::model::{Branch, Language, Precision, Region};

use super::names::{self, Name};

/// Stands between a title and what is said of it.
pub(super) const SEPARATOR: &str = " · ";

/// The words of a page in one language.
pub(super) struct Words {
    /// The primary subtag of the language.
    language: &'static str,
    months: [&'static str; 12],
    /// Between day and month, and month and year.
    of: &'static str,
    story: &'static str,
    stories: &'static str,
    bulletins: &'static str,
    /// Around how many of all stories a page shows.
    newest: [&'static str; 2],
    /// What it calls a country or a language.
    called: fn(Name) -> &'static str,
    /// By which facets branches are told apart: those of a binary number, countries the last digit, from 1.
    by_facets: [&'static str; 7],
    pub(super) and: &'static str,
    pub(super) skip: &'static str,
    pub(super) path: &'static str,
    pub(super) subscribe: &'static str,
    pub(super) last_change: &'static str,
    pub(super) first_seen: &'static str,
    pub(super) takes_place: &'static str,
    pub(super) by: &'static str,
    pub(super) also_reported_by: &'static str,
    pub(super) attached: &'static str,
    pub(super) no_stories: &'static str,
    pub(super) feeds: &'static str,
    pub(super) all_feeds: &'static str,
    pub(super) all_branches: &'static str,
    pub(super) all_topics: &'static str,
    pub(super) about: &'static str,
    pub(super) no_feeds: &'static str,
    pub(super) branches: &'static str,
    pub(super) branches_of_topics: &'static str,
    pub(super) search: &'static str,
    pub(super) query: &'static str,
    /// How a query says more than words: an example, and what it asks for.
    pub(super) examples: [(&'static str, &'static str); 8],
    pub(super) subscribe_to_search: &'static str,
    pub(super) nothing_found: &'static str,
    pub(super) no_query: &'static str,
    pub(super) missing: &'static str,
    pub(super) missing_why: &'static str,
    pub(super) character: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    of: " ",
    story: "story",
    stories: "stories",
    bulletins: "bulletins collected by",
    newest: ["the newest ", " here"],
    called: |name| name.english,
    by_facets: [
        "By country",
        "By language",
        "By country and language",
        "By source",
        "By country and source",
        "By language and source",
        "By country, language and source",
    ],
    and: "and",
    skip: "Skip to the content",
    path: "Breadcrumb",
    subscribe: "Subscribe",
    last_change: "last change",
    first_seen: "first seen",
    takes_place: "Takes place",
    by: "by",
    also_reported_by: "Also reported by",
    attached: "Attached",
    no_stories: "Nothing has been published on this topic yet. Subscribe, and the first story will come to you.",
    feeds: "Feeds",
    all_feeds: "All topics in one list (OPML)",
    all_branches: "All parts of the topics in one list (OPML)",
    all_topics: "All topics",
    about: "Bulletins by topic: to read here, or to have in a feed reader.",
    no_feeds: "No feed has been set up yet. They will be listed here.",
    branches: "Parts of this topic",
    branches_of_topics: "Parts of the topics",
    search: "Search",
    query: "What to look for",
    examples: [
        ("fair recruitment", "both words, in any of their forms"),
        ("\"fair recruitment\"", "one after the other"),
        ("visa OR permit", "one of them, or both"),
        ("visa -tourist", "the first, and not the second"),
        ("migra*", "words that begin so"),
        ("title:visa", "in the title"),
        ("country:MX lang:es", "of a country, and in a language"),
        ("after:2021-06-30", "since that day"),
    ],
    subscribe_to_search: "Subscribe to this search",
    nothing_found: "Nothing was found. Subscribe, and the first story that turns up will come to you.",
    no_query: "This cannot be searched for.",
    missing: "Page not found",
    missing_why: "No page or feed has this address. The list of all topics leads to those that there are.",
    character: "Character",
};

const SPANISH: Words = Words {
    language: "es",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    of: " de ",
    story: "noticia",
    stories: "noticias",
    bulletins: "boletines reunidos por",
    newest: ["aquí las ", " más recientes"],
    called: |name| name.spanish,
    by_facets: [
        "Por país",
        "Por idioma",
        "Por país e idioma",
        "Por fuente",
        "Por país y fuente",
        "Por idioma y fuente",
        "Por país, idioma y fuente",
    ],
    and: "y",
    skip: "Ir al contenido",
    path: "Ruta",
    subscribe: "Suscribirse",
    last_change: "último cambio",
    first_seen: "visto por primera vez",
    takes_place: "Tiene lugar",
    by: "por",
    also_reported_by: "También publicado por",
    attached: "Adjunto",
    no_stories: "Aún no se ha publicado nada sobre este tema. Suscríbase y la primera noticia le llegará.",
    feeds: "Canales",
    all_feeds: "Todos los temas en una lista (OPML)",
    all_branches: "Todas las partes de los temas en una lista (OPML)",
    all_topics: "Todos los temas",
    about: "Boletines por tema: para leer aquí o recibir en un lector de canales.",
    no_feeds: "Aún no hay canales. Aparecerán aquí.",
    branches: "Partes de este tema",
    branches_of_topics: "Partes de los temas",
    search: "Buscar",
    query: "Qué buscar",
    examples: [
        (
            "contratación justa",
            "ambas palabras, en cualquiera de sus formas",
        ),
        ("\"contratación justa\"", "una tras otra"),
        ("visa OR permiso", "una de ellas, o ambas"),
        ("visa -turista", "la primera, sin la segunda"),
        ("migra*", "palabras que empiezan así"),
        ("title:visa", "en el título"),
        ("country:MX lang:es", "de un país y en un idioma"),
        ("after:2021-06-30", "desde ese día"),
    ],
    subscribe_to_search: "Suscribirse a esta búsqueda",
    nothing_found: "No se encontró nada. Suscríbase y la primera noticia que aparezca le llegará.",
    no_query: "Esto no se puede buscar.",
    missing: "Página no encontrada",
    missing_why: "Ninguna página ni canal tiene esta dirección. La lista de todos los temas lleva a los que hay.",
    character: "Carácter",
};

impl Words {
    /// The words for a site in `language`: Spanish for Spanish, English for all others.
    pub(super) fn of(language: &Language) -> &'static Self {
        match language.primary() {
            "es" => &SPANISH,
            _ => &ENGLISH,
        }
    }

    /// The language of a page with these words, of which `site` is the site's own: with its region where it is the same.
    pub(super) fn language<'a>(&self, site: &'a Language) -> &'a str {
        if site.primary() == self.language {
            site.as_str()
        } else {
            self.language
        }
    }

    /// A place: `Mexico`, `Chiapas, Mexico`; its code where it has no name.
    pub(super) fn place(&self, region: Region) -> String {
        let named = |code: &str| names::of(code).map(self.called);
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

    /// A day: `28 June 2021`.
    pub(super) fn day(&self, day: NaiveDate) -> String {
        let month = self.months[day.month0() as usize];
        format!("{}{of}{month}{of}{}", day.day(), day.year(), of = self.of)
    }

    /// As much of a day as is known: `28 June 2021`, `June 2021`, `2021`.
    pub(super) fn date(&self, day: NaiveDate, known: Precision) -> String {
        let month = self.months[day.month0() as usize];
        match known {
            Precision::Instant | Precision::Day => self.day(day),
            Precision::Month => format!("{month}{}{}", self.of, day.year()),
            Precision::Year => day.year().to_string(),
        }
    }

    /// How many stories there are.
    pub(super) fn stories(&self, count: usize) -> String {
        let noun = if count == 1 { self.story } else { self.stories };
        format!("{count} {noun}")
    }

    /// How many of all stories a page shows, where those are not all: `the newest 100 here`.
    pub(super) fn newest(&self, shown: usize) -> String {
        let [before, behind] = self.newest;
        format!("{before}{shown}{behind}")
    }

    /// What a branch is of its topic: `Mexico`, `Mexico · Spanish`. A source without a name is called by its id.
    pub(super) fn branch(&self, branch: &Branch, publisher: Option<&str>) -> String {
        let called = |code: &str| names::of(code).map_or(code, self.called).to_owned();
        let country = branch.country().map(|country| called(country.as_str()));
        let language = branch.language().map(|language| called(language.primary()));
        let source = branch
            .source()
            .map(|source| publisher.unwrap_or(source.as_str()).to_owned());
        let parts: Vec<String> = [country, language, source].into_iter().flatten().collect();
        parts.join(SEPARATOR)
    }

    /// What tells branches of the kind of this one apart: `By country`.
    pub(super) fn by_facets(&self, branch: &Branch) -> &'static str {
        let given = [
            branch.country().is_some(),
            branch.language().is_some(),
            branch.source().is_some(),
        ];
        let bits = given.map(usize::from);
        self.by_facets[(bits[0] | bits[1] << 1 | bits[2] << 2).saturating_sub(1)]
    }

    /// What the feed `title` of `site` is.
    pub(super) fn feed(&self, title: &str, site: &str) -> String {
        format!("{title}: {} {site}", self.bulletins)
    }
}

/// A time of day with its zone: `14:30 UTC−6`.
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

    #[test]
    fn days_are_said_in_words() {
        let check = |language: &str, expected: &str| {
            let day = NaiveDate::from_ymd_opt(2021, 6, 8).unwrap();
            assert_eq!(Words::of(&language.parse().unwrap()).day(day), expected);
        };
        check("en", "8 June 2021");
        check("es-MX", "8 de junio de 2021");
        check("fr", "8 June 2021");
    }

    #[test]
    fn no_more_is_said_than_is_known() {
        let check = |language: &str, known, expected: &str| {
            let day = NaiveDate::from_ymd_opt(2021, 6, 1).unwrap();
            assert_eq!(
                Words::of(&language.parse().unwrap()).date(day, known),
                expected
            );
        };
        check("en", Precision::Instant, "1 June 2021");
        check("en", Precision::Month, "June 2021");
        check("es", Precision::Month, "junio de 2021");
        check("en", Precision::Year, "2021");
    }

    #[test]
    fn places_have_labels() {
        let check = |language: &str, code: &str, label: &str| {
            let words = Words::of(&language.parse().unwrap());
            assert_eq!(words.place(code.parse().unwrap()), label);
        };
        check("en", "MX", "Mexico");
        check("es", "MX", "México");
        check("en", "MX-CHP", "Chiapas, Mexico");
        check("es", "MX-CMX", "Ciudad de México, México");
        check("en", "MX-ZZZ", "MX-ZZZ");
    }

    #[test]
    fn a_page_is_in_the_language_of_its_words() {
        let check = |site: &str, language: &str| {
            let site = site.parse().unwrap();
            assert_eq!(Words::of(&site).language(&site), language);
        };
        check("en-GB", "en-GB");
        check("es-MX", "es-MX");
        check("fr", "en");
    }

    #[test]
    fn branches_are_called_what_people_call_them() {
        let check = |language: &str, branch: &str, name: &str, kind: &str| {
            let words = Words::of(&language.parse().unwrap());
            let branch: Branch = branch.parse().unwrap();
            assert_eq!(words.branch(&branch, Some("Agencia Sur")), name);
            assert_eq!(words.by_facets(&branch), kind);
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
        // Of some there is nothing to be said but their code.
        check("en", "lang-qqq", "qqq", "By language");
        let words = Words::of(&"en".parse().unwrap());
        assert_eq!(words.branch(&"from-iom".parse().unwrap(), None), "iom");
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
