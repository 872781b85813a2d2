//! The tables of `data/languages`: the features of each language, and the reports on tables with mistakes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use self::schema::{CORE, Form, SECTIONS, Section};
use self::tables::Table;

// The build reads the tables with this module.
#[path = "../../build/schema.rs"]
mod schema;
#[path = "../../build/languages.rs"]
#[expect(dead_code, reason = "the build needs the rest")]
mod tables;

fn read_all() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/languages");
    tables::read_all(&folder).unwrap()
}

/// Returns the keys that a section could have, except those that few languages need.
fn keys(section: &Section) -> Vec<String> {
    match &section.form {
        Form::Keys(_, keys) => {
            let keys = keys.iter().filter(|key| !key.optional);
            keys.map(|key| key.name.to_owned()).collect()
        }
        Form::Numbers(numbers, _) if numbers.clone().count() <= 12 => {
            numbers.clone().map(|number| number.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the keys of a section that a language has, including those of all languages.
fn given(section: &Section, table: &Table, shared: &Table) -> BTreeSet<String> {
    let entries = table.entries(section.name).iter();
    let entries = entries.chain(shared.entries(section.name));
    entries.map(|entry| entry.key.clone()).collect()
}

/// Formats a row per section, a column per language: `+` if it has all keys, `/` if it has some, `.` if it has none.
fn matrix(languages: &[&Table], shared: &Table) -> String {
    let codes: Vec<&str> = languages.iter().map(|table| table.code.as_str()).collect();
    let mut rows = format!("{:22}{}\n", "", codes.join(" "));
    for key in ["date_order", "stemmer"] {
        _ = write!(rows, "{key:22}");
        for table in languages {
            let has = table.entries(CORE).iter().any(|entry| entry.key == key);
            _ = write!(rows, "{:3}", if has { '+' } else { '.' });
        }
        rows.truncate(rows.trim_end().len());
        rows.push('\n');
    }
    for section in SECTIONS.iter().filter(|section| section.name != CORE) {
        let all = keys(section);
        _ = write!(rows, "{:22}", section.name);
        for table in languages {
            let given = given(section, table, shared);
            let sign = if table.entries(section.name).is_empty() {
                '.'
            } else if all.iter().all(|key| given.contains(key)) {
                '+'
            } else {
                '/'
            };
            _ = write!(rows, "{sign:3}");
        }
        rows.truncate(rows.trim_end().len());
        rows.push('\n');
    }
    rows
}

/// Formats the keys that a language with a section lacks in it.
fn lacking(languages: &[&Table], shared: &Table) -> String {
    let mut lines = String::new();
    for table in languages {
        for section in SECTIONS {
            if table.entries(section.name).is_empty() {
                continue;
            }
            let given = given(section, table, shared);
            let lacking = keys(section).into_iter();
            let lacking: Vec<String> = lacking.filter(|key| !given.contains(key)).collect();
            if !lacking.is_empty() {
                let (code, section) = (&table.code, section.name);
                _ = writeln!(lines, "{code} [{section}]: {}", lacking.join(" "));
            }
        }
    }
    lines
}

#[test]
fn what_each_language_has_and_lacks() {
    let tables = read_all();
    let (shared, languages): (Vec<&Table>, Vec<&Table>) =
        tables.iter().partition(|table| table.code == "any");
    let mut languages = languages;
    languages.sort_by(|one, other| one.code.cmp(&other.code));
    let shared = shared.first().unwrap();
    let has = matrix(&languages, shared);
    let lacks = lacking(&languages, shared);
    insta::assert_snapshot!(format!("{has}\nlacking\n{lacks}"));
}

#[test]
fn languages_of_the_first_wave_have_what_readers_see() {
    // English is the fallback language of pages.
    let tables = read_all();
    for code in ["en", "es", "pl"] {
        let table = tables.iter().find(|table| table.code == code).unwrap();
        for section in ["months", "weekdays", "dates", "detection", "text", "pages"] {
            assert!(!table.entries(section).is_empty(), "{code} [{section}]");
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let mistakes = tables::read("xx", text).err().unwrap_or_default();
    assert_eq!(mistakes, expected, "{text}");
}

const NAMED: &str = "[language]\nname = \"Example\"\n";

#[test]
fn a_table_needs_a_name_and_nothing_else() {
    check(NAMED, &[]);
    check("", &["1: the section `[language]` is missing"]);
    check("[language]\n", &["1: `[language]` needs the key `name`"]);
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let with = |more: &str| format!("{NAMED}{more}");
    check(
        &with("[mounths]\n1 = \"enero\"\n[months]\n13 = \"nada\"\n01 = \"enero\"\n"),
        &[
            "3: unknown section `[mounths]`",
            "6: unknown key `13` in `[months]`",
            "7: unknown key `01` in `[months]`",
        ],
    );
    check(
        &with("[dates]\nagp = \"ago\"\n"),
        &["4: unknown key `agp` in `[dates]`"],
    );
    check(
        &with("[text]\nread_more = [\"leer más\", \"Ver mas\"]\nabbreviations = \"sr sra sr\"\n"),
        &[
            "4: `Ver mas` is not in small letters",
            "4: `leer más` has accents",
            "5: `sr` stands here twice",
        ],
    );
    check(
        &with("[counts]\n1 = [\"un\", \" una\"]\n2 = 2\n3 = [3]\n"),
        &[
            "4: ` una` begins or ends with a blank",
            "5: expected words in quotation marks, or a list of words and phrases",
            "6: expected a text",
        ],
    );
    check(
        "[language]\nname = \"Example\"\ndate_order = \"month-first\"\ntold_by_script = 1\n",
        &[
            "3: expected one of day-first, year-first, by-country",
            "4: expected `true` or `false`",
        ],
    );
    check(
        &with("[text]\nappeared_first = [[\"the post\", \" appeared on \"], [\"the post\"]]\n"),
        &["4: expected two texts"],
    );
}

#[test]
fn page_texts_are_whole_or_not_there() {
    let mistakes = tables::read(
        "xx",
        &format!("{NAMED}[pages]\nof = \" \"\nmonths = [\"a\"]\n"),
    );
    let mistakes = mistakes.err().unwrap_or_default();
    assert!(mistakes.contains(&"5: expected a list of 12 texts".to_owned()));
    assert!(mistakes.contains(&"3: `[pages]` needs the key `story`".to_owned()));
    assert!(
        !mistakes
            .iter()
            .any(|mistake| mistake.contains("months_alone"))
    );
}

#[test]
fn what_is_no_toml_is_told_by_line() {
    let mistakes = tables::read(
        "xx",
        &format!("{NAMED}[months]\n1 = enero\n2 = \"febrero\"\n2 = \"feb\"\n"),
    );
    let mistakes = mistakes.err().unwrap_or_default();
    for line in ["4: ", "6: "] {
        assert!(
            mistakes.iter().any(|mistake| mistake.starts_with(line)),
            "{mistakes:?}"
        );
    }
}
