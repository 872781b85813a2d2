//! Tests the settings that an operator may write for a page, starting from the configuration.

use super::*;

const PAGE: &str = "<nav><div class=row><h3>Menu</h3></div></nav>\
    <div class=row><h3><a href=/1>Notice (new)</a></h3><p>No. 7, 3.11.2021, by Ada Lunt</p></div>\
    <div class=row><h2><a href=/2>Second</a></h2><p>nothing of it</p></div>\
    <div class=row><h3><a href=/3>Third</a></h3><p>No. 9, 1.11.2021, by Ben Orr</p></div>";

/// Checks the title, date, author and guid of each entry, then the problems.
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

/// Checks the files of one entry by `select.enclosure`, each as `address = name`.
#[track_caller]
fn check_files(place: &str, markup: &str, expected: &[&str]) {
    let settings =
        format!("select.item = '.row'\nselect.title = 'h3'\nselect.enclosure = {place}\n");
    let source = source("html", &settings);
    let page = format!("<div class=row><h3>Notice</h3>{markup}</div>");
    let extracted = extract(&document(&source, page.into_bytes()), &source).unwrap();
    let files = extracted.entries[0].enclosures.iter();
    let files = files.map(|file| match &file.title {
        Some(title) => format!("{} = {}", file.url, title.trim()),
        None => file.url.clone(),
    });
    assert_eq!(files.collect::<Vec<_>>(), expected, "{place} {markup}");
}

#[test]
fn a_file_is_called_as_its_link_is() {
    let two = "<a href=/a.pdf>The order</a> <a href=/b.pdf title='The map'> <i></i></a>";
    let expected = ["/a.pdf = The order", "/b.pdf = The map"];
    check_files("'a@href'", two, &expected);
    check_files("'a'", two, &expected);
    check_files("['.gone', 'a']", two, &expected);
    check_files(
        "'a@href'",
        "<a href=/c.pdf><img alt='Timetable' src=/i.png></a>",
        &["/c.pdf = Timetable"],
    );
    check_files(
        "'b@data-file'",
        "<b data-file=/d.csv>Prices</b>",
        &["/d.csv = Prices"],
    );
    // An address that is the text itself, or that a pattern cuts out, has no other name.
    check_files("'code'", "<code>/e.pdf</code>", &["/e.pdf"]);
    check_files(
        "{ find = 'a@onclick', regex = \"'(.+)'\" }",
        "<a onclick=\"open('/f.pdf')\">Form</a>",
        &["/f.pdf"],
    );
}
