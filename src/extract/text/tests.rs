use std::fmt::Write;
use std::fs::File;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

fn hints() -> DateHints<'static> {
    DateHints {
        language: None,
        order: None,
        learned: None,
        zone: chrono_tz::America::Costa_Rica,
        now: DateTime::parse_from_rfc3339("2021-07-01T12:00:00Z")
            .unwrap()
            .to_utc(),
    }
}

/// Formats entries as people read them, then problems.
fn show(extracted: &Extracted) -> String {
    let mut shown = String::new();
    for entry in &extracted.entries {
        let plain = |text: &Option<RawText>| text.as_ref().map(|text| text.as_str().to_owned());
        writeln!(
            shown,
            "date: {}\ntags: {:?}\ntitle: {}\nsummary: {}\n",
            entry.published.as_deref().unwrap_or("none"),
            entry.tags.iter().map(|tag| &tag.name).collect::<Vec<_>>(),
            plain(&entry.title).unwrap_or_default(),
            plain(&entry.summary).unwrap_or_default(),
        )
        .unwrap();
    }
    for problem in &extracted.problems {
        writeln!(shown, "problem: {problem}").unwrap();
    }
    shown
}

/// Checks titles with the number of paragraphs in their summaries.
fn check(text: &str, expected: &[(&str, usize)]) {
    let extracted = read_notices(text, &hints());
    let found = extracted.entries.iter().map(|entry| {
        let summary = entry
            .summary
            .as_ref()
            .map(|text| text.as_str().split("\n\n").count());
        (
            entry.title.as_ref().map_or("", RawText::as_str),
            summary.unwrap_or(0),
        )
    });
    assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
}

fn check_problems(text: &str, expected: &[Problem]) {
    assert_eq!(read_notices(text, &hints()).problems, expected, "{text}");
}

#[test]
fn fixtures() {
    insta::glob!("../../../tests/fixtures/text", "*.txt", |path| {
        let text = std::io::read_to_string(File::open(path).unwrap()).unwrap();
        insta::assert_snapshot!(show(&read_notices(&text, &hints())));
    });
}

#[test]
fn the_sample_bulletin_is_read_whole() {
    let text = include_str!("../../../config/samples/iom-labour-migration-2021.txt");
    let extracted = read_notices(text, &hints());
    let dates = extracted
        .entries
        .iter()
        .filter_map(|entry| entry.published.as_deref());
    let expected = [
        "28 June, 2021",
        "28 May, 2021",
        "26 May, 2021",
        "25 May, 2021",
        "24 May, 2021",
        "20 May, 2021",
        "19 April, 2021",
        "12 April, 2021",
        "30 March, 2021",
        "12 March, 2021",
    ];
    assert_eq!(dates.collect::<Vec<_>>(), expected);
    let words = |text: &str| text.split_whitespace().count();
    let read = show(&extracted)
        .replace("title: ", "")
        .replace("summary: ", "");
    let read = read.replace("date: ", "").replace("tags: []", "");
    assert_eq!(words(&read), words(text));
    assert_eq!(extracted.problems, []);
}

#[test]
fn a_text_without_dates_has_no_entries() {
    check(
        "A first title of some length\n\nIts text of 28 June 2021.\n",
        &[],
    );
    check("", &[]);
}

#[test]
fn a_date_of_unknown_order_is_a_date() {
    check(
        "03/04/2021\nA title of four words\nIts text.",
        &[("A title of four words", 1)],
    );
}

#[test]
fn what_is_left_out_is_told() {
    check_problems(
        "News\n28 June 2021\nA title of four words\nIts text.\n27 June 2021\n",
        &[
            Problem::Preamble { lines: 1 },
            Problem::Empty { position: 2 },
        ],
    );
    let many = "28 June 2021\nA title of four words\n".repeat(MAX_ENTRIES + 1);
    check_problems(&many, &[Problem::TooManyEntries { limit: MAX_ENTRIES }]);
    assert_eq!(read_notices(&many, &hints()).entries.len(), MAX_ENTRIES);
}

/// Checks the entries of a text, each with its date: `date / title / summary`.
#[track_caller]
fn check_entries(text: &str, expected: &[&str], preamble: usize) {
    let extracted = read_notices(text, &hints());
    let found = extracted.entries.iter().map(|entry| {
        let plain = |text: &Option<RawText>| {
            text.as_ref()
                .map_or("", RawText::as_str)
                .replace("\n\n", " | ")
        };
        let date = entry.published.as_deref().unwrap_or("none");
        format!(
            "{date} / {} / {}",
            plain(&entry.title),
            plain(&entry.summary)
        )
    });
    assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
    let problems: Vec<Problem> = (preamble > 0)
        .then_some(Problem::Preamble { lines: preamble })
        .into_iter()
        .collect();
    assert_eq!(extracted.problems, problems, "{text}");
}

#[test]
fn a_number_belongs_to_the_notice_that_it_begins() {
    let expected = [
        "2 March 2021 / A buoy is out of its place / NOTICE No. 14 | It drifted away by night.",
        "26 February 2021 / Dredging near the northern pier / NOTICE No. 13 | Works take place by day.",
    ];
    let notices = "NOTICE No. 14\n2 March 2021\nA buoy is out of its place\nIt drifted away by night.\n\n\
                   NOTICE No. 13\n26 February 2021\nDredging near the northern pier\nWorks take place by day.\n";
    check_entries(notices, &expected, 0);
    let headed = format!("Office of the port\nNotices to all mariners\n\n{notices}");
    check_entries(&headed, &expected, 2);
    for stamp in [
        "Updated: 5 March 2021",
        "Actualizado: 5 de marzo de 2021",
        "5 March 2021",
    ] {
        let stamped = format!("Office of the port\nNotices to all mariners\n{stamp}\n\n{notices}");
        check_entries(&stamped, &expected, 3);
    }
    // The date comes last, or under the title.
    let last = "Aviso N.º 7/2021\nBoya fuera de posición\nSe busca la boya.\n2 de marzo de 2021\n\
                Aviso N.º 6/2021\nDragado junto al muelle\n26 de febrero de 2021\nSe trabaja de día.\n";
    let expected = [
        "2 de marzo de 2021 / Boya fuera de posición / Aviso N.º 7/2021 | Se busca la boya.",
        "26 de febrero de 2021 / Dragado junto al muelle / Aviso N.º 6/2021 | Se trabaja de día.",
    ];
    check_entries(last, &expected, 0);
    // Without a title, the number is the title.
    let bare = "Circular 8\n2 March 2021\nThe office is closed.\nCircular 7\n1 March 2021\nThe office is open.\n";
    let expected = [
        "2 March 2021 / Circular 8 / The office is closed.",
        "1 March 2021 / Circular 7 / The office is open.",
    ];
    check_entries(bare, &expected, 0);
}

#[test]
fn a_number_under_its_date_is_that_of_the_date() {
    let text = "2 March 2021\nNOTICE No. 14\nIt drifted away by night.\n\n\
                26 February 2021\nNOTICE No. 13\nWorks take place by day.\n";
    let expected = [
        "2 March 2021 / NOTICE No. 14 / It drifted away by night.",
        "26 February 2021 / NOTICE No. 13 / Works take place by day.",
    ];
    check_entries(text, &expected, 0);
}

#[test]
fn the_day_of_the_whole_is_no_notice() {
    let notices = "2 March 2021\nA buoy is out of its place\nIt drifted away by night.\n\
                   26 February 2021\nDredging near the northern pier\nWorks take place by day.\n";
    let expected = [
        "2 March 2021 / A buoy is out of its place / It drifted away by night.",
        "26 February 2021 / Dredging near the northern pier / Works take place by day.",
    ];
    for stamp in [
        "Updated: 5 March 2021",
        "Última actualización: 5 de marzo de 2021",
        "Stand: 5. März 2021",
    ] {
        let text = format!("Notices\n{stamp}\nIn force today\n{notices}");
        check_entries(&text, &expected, 3);
    }
    // Each notice has its own date of update.
    let each = "Updated: 2 March 2021\nA buoy is out of its place\nIt drifted away.\n\
                Updated: 1 March 2021\nDredging near the northern pier\nBy day only.\n";
    assert_eq!(read_notices(each, &hints()).entries.len(), 2);
}

#[test]
fn what_heads_more_than_one_notice_is_no_date() {
    let is_date = |text: &str| is_date(text, &hints());
    for date in [
        "28 June 2021",
        "3 years ago",
        "hace un mes",
        "yesterday",
        "03/04/2021",
    ] {
        assert!(is_date(date), "{date}");
    }
    for other in [
        "2021",
        "June 2021",
        "20210628",
        "Friday",
        "10:30",
        "3 hours",
    ] {
        assert!(!is_date(other), "{other}");
    }
}

#[test]
fn a_notice_of_rights_is_no_item() {
    let text = "One title of four words\nOne text.\n3 days ago\nTwo titles of four words\nTwo texts.\n\
                4 days ago\n© The office. All rights reserved.\n";
    check(
        text,
        &[
            ("One title of four words", 1),
            ("Two titles of four words", 1),
        ],
    );
}

/// A bulletin of one-line paragraphs: title, then its text.
fn bulletin() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    let title = "[A-Z][a-z]{2,9}( [a-zé]{2,9}){4,8}";
    let text = proptest::collection::vec("[A-Z][a-z]{2,9}( [a-zñ]{2,9}){8,30}\\.", 1..4);
    proptest::collection::vec((title, text), 1..8)
}

fn paragraphs_of(bulletin: &[(String, Vec<String>)]) -> Vec<&str> {
    let mut paragraphs = Vec::new();
    for (title, text) in bulletin {
        paragraphs.extend(["28 June, 2021", title]);
        paragraphs.extend(text.iter().map(String::as_str));
    }
    paragraphs
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\PC|[\n\r\u{c}\u{a0}\u{200b}]|28 June 2021|: |\n){0,80}") {
        read_notices(&text, &hints());
    }

    #[test]
    fn blank_lines_mean_nothing(bulletin in bulletin(), blanks in proptest::collection::vec(0_usize..4, 40)) {
        let paragraphs = paragraphs_of(&bulletin);
        let tight = paragraphs.join("\n");
        let mut loose = String::new();
        for (paragraph, blanks) in paragraphs.iter().zip(blanks.iter().cycle()) {
            loose += paragraph;
            loose += "\n";
            loose += &" \u{a0}\u{200b}\r\n".repeat(*blanks);
        }
        let read_tight = read_notices(&tight, &hints());
        prop_assert_eq!(read_tight.entries.len(), bulletin.len());
        prop_assert_eq!(read_tight, read_notices(&loose, &hints()));
    }

    #[test]
    fn spaces_are_spaces(bulletin in bulletin()) {
        let text = paragraphs_of(&bulletin).join("\n\n");
        let other = text.replace(' ', "\u{a0}");
        prop_assert_eq!(read_notices(&text, &hints()), read_notices(&other, &hints()));
    }
}
