//! The sections and keys of a table in `data/languages`. Their meaning is documented in `data/languages/README.md` and,
//! for the program, in `src/languages.rs`, whose types have the same names.

use std::ops::RangeInclusive;

/// A section of a language's table.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// True if a language that has the section must fill in all of it.
    pub(crate) whole: bool,
    /// True if it is compiled into the program; other sections are read by scripts.
    pub(crate) built_in: bool,
}

/// The keys that a section can have.
pub(crate) enum Form {
    /// These keys, as the fields of a type.
    Keys(&'static str, &'static [Key]),
    /// Numbers within a range.
    Numbers(RangeInclusive<i32>, Value),
    /// Any text.
    Any(Value),
}

/// One key of a section.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) optional: bool,
}

/// The type of a key's value.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// Words in one string, or words and phrases in a list.
    Words(Letters),
    /// A list of pairs of texts.
    Pairs,
    Text,
    /// A fixed number of texts.
    Texts(usize),
    Flag,
    Number,
    /// One of these names, written as a variant of the enum.
    Variant(&'static str, &'static [(&'static str, &'static str)]),
    /// The name of a variant of another crate's enum.
    Foreign(&'static str),
}

/// The required spelling of words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    Any,
    /// In lower case.
    Small,
    /// In lower case, Latin letters without accents.
    Folded,
}

use Letters::{Any, Folded, Small};

const fn section(name: &'static str, form: Form) -> Section {
    Section {
        name,
        form,
        whole: false,
        built_in: true,
    }
}

const fn key(name: &'static str, value: Value) -> Key {
    Key {
        name,
        value,
        optional: false,
    }
}

const fn any(name: &'static str) -> Key {
    key(name, Value::Words(Any))
}

const fn small(name: &'static str) -> Key {
    key(name, Value::Words(Small))
}

const fn folded(name: &'static str) -> Key {
    key(name, Value::Words(Folded))
}

const fn text(name: &'static str) -> Key {
    key(name, Value::Text)
}

/// Every section, in the order of a table.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        name: CORE,
        form: Form::Keys("", CORE_KEYS),
        whole: false,
        built_in: true,
    },
    section("months", Form::Numbers(1..=12, Value::Words(Any))),
    section("weekdays", Form::Numbers(1..=7, Value::Words(Any))),
    section("near_days", Form::Numbers(-2..=2, Value::Words(Any))),
    section("units", Form::Keys("SpanWords", UNITS)),
    section("unit_letters", Form::Keys("SpanWords", UNITS)),
    section("single_units", Form::Keys("SpanWords", UNITS)),
    section("paired_units", Form::Keys("SpanWords", UNITS)),
    section("counts", Form::Numbers(1..=12, Value::Words(Any))),
    section("dates", Form::Keys("DateWords", DATES)),
    section("detection", Form::Keys("DetectionWords", &[small("words")])),
    section("text", Form::Keys("TextWords", TEXT)),
    section("links", Form::Keys("LinkWords", LINKS)),
    section("lists", Form::Keys("ListWords", LISTS)),
    section(
        "naming",
        Form::Keys("NamingWords", &[folded("noise"), folded("sections")]),
    ),
    section(
        "search",
        Form::Keys("SearchWords", &[small("stop_words"), small("particles")]),
    ),
    section("plurals", Form::Any(Value::Words(Small))),
    section("comparing", Form::Keys("ComparingWords", COMPARING)),
    section(
        "compared_numbers",
        Form::Numbers(0..=1_000, Value::Words(Folded)),
    ),
    section(
        "compared_own_numbers",
        Form::Numbers(0..=1_000, Value::Words(Folded)),
    ),
    section(
        "compared_months",
        Form::Numbers(1..=12, Value::Words(Folded)),
    ),
    section(
        "compared_maybe_months",
        Form::Numbers(1..=12, Value::Words(Folded)),
    ),
    section(
        "compared_weekdays",
        Form::Numbers(1..=7, Value::Words(Folded)),
    ),
    Section {
        name: "pages",
        form: Form::Keys("PageTexts", PAGES),
        whole: true,
        built_in: true,
    },
    Section {
        name: "demonyms",
        form: Form::Any(Value::Words(Any)),
        whole: false,
        built_in: false,
    },
];

/// The section that every table has.
pub(crate) const CORE: &str = "language";

const CORE_KEYS: &[Key] = &[
    text("name"),
    Key {
        name: "precedence",
        value: Value::Number,
        optional: true,
    },
    Key {
        name: "date_order",
        value: Value::Variant(
            "UsualOrder",
            &[
                ("day-first", "DayFirst"),
                ("year-first", "YearFirst"),
                ("by-country", "ByCountry"),
            ],
        ),
        optional: true,
    },
    Key {
        name: "stemmer",
        value: Value::Foreign("Algorithm"),
        optional: true,
    },
    Key {
        name: "whichlang",
        value: Value::Foreign("Lang"),
        optional: true,
    },
    Key {
        name: "told_by_script",
        value: Value::Flag,
        optional: true,
    },
];

const UNITS: &[Key] = &[
    any("second"),
    any("minute"),
    any("hour"),
    any("day"),
    any("week"),
    any("month"),
    any("year"),
    any("decade"),
];

const DATES: &[Key] = &[
    any("now"),
    any("past_suffix"),
    any("past_prefix"),
    any("future_prefix"),
    any("future_suffix"),
    any("last"),
    any("next"),
    any("few"),
    any("ordinal"),
    any("first_day"),
    any("am"),
    any("pm"),
    any("am_letter"),
    any("pm_letter"),
    any("half_mark"),
    any("noon"),
    any("midnight"),
    any("hour_mark"),
    any("minute_mark"),
    any("second_mark"),
    any("time_mark"),
    any("week_mark"),
    any("year_mark"),
    any("month_mark"),
    any("day_mark"),
    any("year_word"),
    any("epi_week"),
    any("epi_letters"),
    any("iso_week"),
    any("of"),
    any("from"),
    any("to"),
    any("at"),
    any("counter"),
    any("filler"),
    any("place_prefix"),
    any("place_suffix"),
    folded("common_words"),
];

const TEXT: &[Key] = &[
    folded("read_more"),
    small("read_more_lines"),
    key("appeared_first", Value::Pairs),
    folded("updated_stamps"),
    small("abbreviations"),
    folded("name_particles"),
];

const LINKS: &[Key] = &[
    small("next_page"),
    small("feed"),
    small("comments"),
    small("asked_for"),
    small("labels"),
];

const LISTS: &[Key] = &[
    small("title_heads"),
    small("sure_title_heads"),
    small("date_heads"),
    small("number_heads"),
    small("published_labels"),
    small("other_date_labels"),
    folded("title_classes"),
    folded("date_classes"),
    folded("addresses"),
];

const COMPARING: &[Key] = &[
    folded("joining"),
    folded("joins_numbers"),
    folded("ordinal_endings"),
    folded("designators"),
];

const PAGES: &[Key] = &[
    key("months", Value::Texts(12)),
    Key {
        name: "months_alone",
        value: Value::Texts(12),
        optional: true,
    },
    text("of"),
    text("story"),
    text("stories"),
    text("bulletins"),
    key("newest", Value::Texts(2)),
    key("by_facets", Value::Texts(7)),
    text("and"),
    text("skip"),
    text("path"),
    text("subscribe"),
    text("last_change"),
    text("first_seen"),
    text("takes_place"),
    text("by"),
    text("also_reported_by"),
    text("attached"),
    text("no_stories"),
    text("feeds"),
    text("all_feeds"),
    text("all_branches"),
    text("all_topics"),
    text("about"),
    text("no_feeds"),
    text("branches"),
    text("branches_of_topics"),
    text("search"),
    text("query"),
    key("examples", Value::Pairs),
    text("subscribe_to_search"),
    text("nothing_found"),
    text("no_query"),
    text("missing"),
    text("missing_why"),
    text("character"),
];
