//! What an operator may write of a page, from the configuration on.

use super::*;

const PAGE: &str = "<nav><div class=row><h3>Menu</h3></div></nav>\
    <div class=row><h3><a href=/1>Notice (new)</a></h3><p>No. 7, 3.11.2021, by Ada Lunt</p></div>\
    <div class=row><h2><a href=/2>Second</a></h2><p>nothing of it</p></div>\
    <div class=row><h3><a href=/3>Third</a></h3><p>No. 9, 1.11.2021, by Ben Orr</p></div>";

/// Title, date, author and guid of each entry, then problems.
fn check(settings: &str, expected: &[&str]) {
    let source = source("html", settings);
    let extracted = extract(&document(&source, PAGE.as_bytes().to_vec()), &source).unwrap();
    let shown = extracted.entries.iter().map(|entry| {
        let title = entry.title.as_ref().map(RawText::as_str);
        let author = entry.authors.first().map(|author| author.name.as_str());
        let parts = [
            title,
            entry.published.as_deref(),
            author,
            entry.guid.as_deref(),
        ];
        parts.map(|part| part.unwrap_or("-")).join(" | ")
    });
    let problems = extracted.problems.iter().map(ToString::to_string);
    let shown: Vec<String> = shown.chain(problems).collect();
    assert_eq!(shown, expected, "{settings}");
}

#[test]
fn a_title_is_looked_for_in_one_place_after_the_other() {
    check(
        "remove = ['nav']\nselect.item = '.row'\nselect.title = ['h3 a', 'h2 a']\n",
        &[
            "Notice (new) | - | - | -",
            "Second | - | - | -",
            "Third | - | - | -",
        ],
    );
}

#[test]
fn the_first_item_that_is_found_decides() {
    check(
        "remove = ['nav']\nselect.item = ['.gone', '.row']\nselect.title = 'h2'\nselect.guid = { value = 'x' }\n",
        &["- | - | - | x", "Second | - | - | x", "- | - | - | x"],
    );
}

#[test]
fn a_pattern_fills_several_fields_and_shifts_none() {
    check(
        "remove = ['nav']\nselect.item = '.row'\nselect.title = 'a'\n\
         select.guid = { find = 'p', regex = 'No\\. (?<guid>\\d+), (?<date>[\\d.]+), by (?<author>.+)' }\n",
        &[
            "Notice (new) | 3.11.2021 | Ada Lunt | 7",
            "Second | - | - | -",
            "Third | 1.11.2021 | Ben Orr | 9",
            "the rule of `date` found nothing in 1 of 3 entries",
            "the rule of `guid` found nothing in 1 of 3 entries",
        ],
    );
}

#[test]
fn a_fixed_value_stands_where_nothing_is_found() {
    check(
        "remove = ['nav']\nselect.item = '.row'\nselect.title = 'a'\n\
         select.author = { find = '.by', value = 'The office' }\n",
        &[
            "Notice (new) | - | The office | -",
            "Second | - | The office | -",
            "Third | - | The office | -",
        ],
    );
}

#[test]
fn titles_are_published_otherwise_and_dates_read_as_they_are_written() {
    check(
        "remove = ['nav']\nselect.item = '.row'\nselect.title = 'a'\n\
         select.date = { find = 'p', regex = '[\\d.]{9,}' }\ndate_format = ['%Y-%m-%d', '%d.%m.%Y']\n\
         replace = [{ field = 'title', regex = ' \\(new\\)$' }, { field = 'title', regex = '^T(.)', with = '${1}t' }]\n",
        &[
            "Notice | 2021-11-03 | - | -",
            "Second | - | - | -",
            "htird | 2021-11-01 | - | -",
            "the rule of `date` found nothing in 1 of 3 entries",
        ],
    );
}
