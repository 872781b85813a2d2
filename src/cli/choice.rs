//! The lists of a document, for people to choose from by number.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufRead, Write};

use serde_json::{Map, Value, json};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{shown, table};
use crate::discover::ListChoice;
use crate::extract::{ListEvidence, ListReason};
use crate::model::{Item, Layout, Reading};

/// Lists shown by default.
const SHOWN_LISTS: usize = 5;

/// Reasons shown for each list.
const SHOWN_REASONS: usize = 6;

/// Records of each list shown before the choice.
const SHOWN_ITEMS: usize = 3;

/// The minimum length of a shortened title, in columns.
const MIN_TITLE: usize = 12;

/// The display of the reasons for and against each list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReasonsDisplay {
    Shown,
    Hidden,
}

/// Parses a list's number on the command line.
pub(super) fn parse_list_number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected the number of a list, from 1".to_owned())
}

/// Prints the lists that are not read, one per line; all of them if the reasons are asked for.
pub(super) fn print_others(
    out: &mut impl Write,
    choices: &[ListChoice],
    read: Option<usize>,
    reasons: ReasonsDisplay,
) -> io::Result<()> {
    let width = table::terminal_width();
    let others = || choices.iter().filter(|choice| Some(choice.number) != read);
    let shown = match reasons {
        ReasonsDisplay::Shown => choices.len(),
        ReasonsDisplay::Hidden => SHOWN_LISTS,
    };
    if others().next().is_some() {
        let heading = if read.is_some() {
            "Other lists"
        } else {
            "Lists of the document itself"
        };
        writeln!(out, "\n{heading} (choose one with `--list N`):")?;
    }
    for choice in others().take(shown) {
        writeln!(out, "{}", choice_line(choice, width))?;
    }
    match others().skip(shown).count() {
        0 => {}
        more => writeln!(
            out,
            "   and {more} more: `tidings discover --why` shows all"
        )?,
    }
    if reasons == ReasonsDisplay::Shown && !choices.is_empty() {
        writeln!(
            out,
            "\nReasons for (+) and against (-) each list, compared with the others:"
        )?;
        for choice in choices {
            print_reasons(out, choice, width)?;
        }
    }
    Ok(())
}

fn print_more(out: &mut impl Write, more: usize) -> io::Result<()> {
    match more {
        0 => Ok(()),
        more => writeln!(
            out,
            "   and {more} more: `tidings discover --why` shows all"
        ),
    }
}

/// Formats a list: `2  12 records: "Agenda", "Minutes" …`
fn choice_line(choice: &ListChoice, width: usize) -> String {
    let begin = format!("{}  {}: ", choice.number, choice_size(choice));
    let more = if choice.records > choice.items.len() {
        " …"
    } else {
        ""
    };
    let room = width.saturating_sub(begin.width() + more.width());
    let titles = quote_titles(&dated_titles(&choice.items), room);
    cut_line(&format!("{begin}{titles}{more}"), width)
}

/// Formats the number of a list's records.
fn choice_size(choice: &ListChoice) -> String {
    let is_page = |layout: &Layout| layout.as_str() == "page";
    match choice.records {
        1 if choice.listed.layout.as_ref().is_some_and(is_page) => "the page itself".to_owned(),
        count => format_record_count(count),
    }
}

fn format_record_count(count: usize) -> String {
    match count {
        1 => "1 record".to_owned(),
        several => format!("{several} records"),
    }
}

/// Returns the titles of items, each with its date if the titles alone are ambiguous.
fn dated_titles(items: &[Item]) -> Vec<(&str, Option<String>)> {
    let mut titles = HashSet::new();
    let repeat = !items.iter().all(|item| titles.insert(&*item.title));
    let date = |item: &Item| repeat.then(|| shown::format_day(&item.published));
    let items = items.iter();
    items.map(|item| (&*item.title, date(item))).collect()
}

/// Quotes titles and cuts them evenly to the available columns.
fn quote_titles(titles: &[(&str, Option<String>)], room: usize) -> String {
    let frame = |date: &Option<String>| 4 + date.as_ref().map_or(0, |date| date.width() + 3);
    let frames: usize = titles.iter().map(|(_, date)| frame(date)).sum();
    let mut lengths: Vec<usize> = titles.iter().map(|(title, _)| title.width()).collect();
    lengths.sort_unstable();
    // Longer titles use the room that short ones leave.
    let (mut left, mut most) = (room.saturating_sub(frames), usize::MAX);
    for (place, length) in lengths.iter().enumerate() {
        let share = left / (lengths.len() - place);
        if *length > share {
            most = share;
            break;
        }
        left -= length;
    }
    let quote = |(title, date): &(&str, Option<String>)| {
        let title = cut_line(&shown::printable_line(title), most.max(MIN_TITLE));
        match date {
            Some(date) => format!("\"{title}\" ({date})"),
            None => format!("\"{title}\""),
        }
    };
    let quoted: Vec<String> = titles.iter().map(quote).collect();
    quoted.join(", ")
}

/// Cuts a line to `width` columns.
fn cut_line(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut cut, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

fn print_reasons(out: &mut impl Write, choice: &ListChoice, width: usize) -> io::Result<()> {
    let begin = format!("{}  {}", choice.number, choice_size(choice));
    match &choice.listed.why {
        ListEvidence::Said(why) => writeln!(out, "{begin}\n   {why}"),
        ListEvidence::Weighed(reasons) => {
            let sum = choice.listed.why.total_weight().unwrap_or_default();
            writeln!(out, "{begin}: {sum:+.2} in all")?;
            let (shown, others) = reasons.split_at(reasons.len().min(SHOWN_REASONS));
            for reason in shown {
                let than_others = if reason.has_more { "more" } else { "less" };
                let line = format!(
                    "   {:+6.2}  {than_others}  {}",
                    reason.weight,
                    describe_measure(reason.measure)
                );
                writeln!(out, "{}", cut_line(&line, width))?;
            }
            let rest: f64 = others.iter().map(|reason| reason.weight).sum();
            match others.len() {
                0 => Ok(()),
                1 => writeln!(out, "   {rest:+6.2}        another measure"),
                more => writeln!(out, "   {rest:+6.2}        {more} other measures"),
            }
        }
    }
}

/// Describes a measure. Some names only say which way of repeating, or which element, is counted.
fn describe_measure(measure: &str) -> Cow<'_, str> {
    match measure {
        "elements"
        | "elements-with-class"
        | "class"
        | "siblings"
        | "children"
        | "all-children"
        | "starts"
        | "led-starts"
        | "sibling-starts"
        | "lines"
        | "paragraphs"
        | "rules"
        | "links of a part" => format!("records repeat as {measure}").into(),
        "rows of a table" | "cells of a table" | "list items" | "links themselves" => {
            format!("records are {measure}").into()
        }
        "those with a link" | "those with a date" | "those with both" | "those with a file" => {
            format!("counts only {measure}").into()
        }
        measure => measure.into(),
    }
}

/// Formats the one-line summary of a page on which no list is certain.
pub(super) fn unsure_summary(lists: usize, count: usize, titles: &[String]) -> String {
    let titles: Vec<(&str, Option<String>)> =
        titles.iter().map(|title| (title.as_str(), None)).collect();
    let first = match lists {
        1 => "its only list",
        _ => "the first of its lists",
    };
    let room = table::terminal_width();
    format!(
        "`--list 1` takes {first}, {}: {}",
        format_record_count(count),
        quote_titles(&titles, room)
    )
}

/// Returns the documented JSON shape.
pub(super) fn choice_json(choice: &ListChoice) -> Value {
    let listed = &choice.listed;
    let one = |values: Vec<String>| match <[String; 1]>::try_from(values) {
        Ok([value]) => json!(value),
        Err(several) => json!(several),
    };
    let keys = listed.setting_keys().into_iter();
    let keys: Map<String, Value> = keys.map(|(key, values)| (key, one(values))).collect();
    let (why, reasons) = match &listed.why {
        ListEvidence::Said(why) => (Some(why), None),
        ListEvidence::Weighed(reasons) => (
            None,
            Some(reasons.iter().map(reason_json).collect::<Vec<_>>()),
        ),
    };
    json!({
        "number": choice.number,
        "records": choice.records,
        "titles": listed.titles,
        "items": choice.items.iter().map(item_json).collect::<Vec<_>>(),
        "keys": keys,
        "score": listed.why.total_weight().map(round_hundredths),
        "reasons": reasons,
        "why": why,
    })
}

fn reason_json(reason: &ListReason) -> Value {
    json!({"measure": reason.measure, "more": reason.has_more, "weight": round_hundredths(reason.weight)})
}

/// Rounds to hundredths.
fn round_hundredths(weight: f64) -> f64 {
    (weight * 100.0).round() / 100.0
}

/// Returns an item in its JSON shape.
pub(super) fn item_json(item: &Item) -> Value {
    json!({
        "title": item.title,
        "url": item.address,
        "date": shown::machine_date(&item.published),
    })
}

/// An answer to the question which list to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListAnswer {
    /// The proposed list.
    First,
    /// The list with this number.
    List(usize),
    /// None: the command stops.
    Stop,
}

/// The lists to choose from.
pub(super) struct ListQuestion<'a> {
    /// A description of the proposal.
    pub(super) proposed: &'a str,
    /// The first items of the proposal.
    pub(super) items: &'a [Item],
    /// The number of the proposed list; `None` if the proposal is not a list.
    pub(super) list: Option<usize>,
    pub(super) choices: &'a [ListChoice],
}

/// Shows the first records of each list and asks until a valid number is entered. An empty answer or the end of
/// input stops.
pub(super) fn ask_for_list(
    input: &mut impl BufRead,
    out: &mut impl Write,
    question: &ListQuestion<'_>,
) -> io::Result<ListAnswer> {
    let width = table::terminal_width();
    if question.list.is_none() {
        writeln!(out, "{}", cut_line(question.proposed, width))?;
        let mut items = question.items.iter().take(SHOWN_ITEMS);
        items.try_for_each(|item| write_record(out, item, width))?;
        writeln!(out)?;
    }
    let choices = question
        .choices
        .get(..SHOWN_LISTS.min(question.choices.len()));
    for choice in choices.unwrap_or_default() {
        let by = match (&choice.listed.layout, &choice.listed.reading) {
            (None, Reading::Html(_)) => ", by selectors",
            (None, Reading::Json { .. } | Reading::Xml(_)) => ", by paths",
            _ => "",
        };
        writeln!(out, "{}  {}{by}", choice.number, choice_size(choice))?;
        let mut items = choice.items.iter();
        items.try_for_each(|item| write_record(out, item, width))?;
        writeln!(out)?;
    }
    let count = question.choices.len();
    print_more(out, count.saturating_sub(SHOWN_LISTS))?;
    let first = match question.list {
        Some(number) => format!("{number}"),
        None => "the one above the lists".to_owned(),
    };
    loop {
        match count {
            0 => write!(out, "Enter to accept, q to stop: ")?,
            1 => write!(out, "1, Enter for {first}, q to stop: ")?,
            count => write!(out, "1 to {count}, Enter for {first}, q to stop: ")?,
        }
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(ListAnswer::Stop);
        }
        match line.trim() {
            "" => return Ok(ListAnswer::First),
            "q" | "Q" => return Ok(ListAnswer::Stop),
            word => match word.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => return Ok(ListAnswer::List(number)),
                _ => writeln!(
                    out,
                    "`{}` is not one of them",
                    cut_line(&shown::printable_line(word), 20)
                )?,
            },
        }
    }
}

/// Writes title, date and address of a record, one per line.
fn write_record(out: &mut impl Write, item: &Item, width: usize) -> io::Result<()> {
    let room = width.saturating_sub(3);
    let date = shown::format_date(&item.published);
    let title = format!("{date}  {}", shown::printable_line(&item.title));
    writeln!(out, "   {}", cut_line(&title, room))?;
    match &item.address {
        Some(address) => writeln!(out, "     {address}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::discover::list_choices;
    use crate::model::{Document, Timestamp};

    const PAGE: &str = "<html lang=en><body><main>\
        <div class=news><h3><a href=/n/1>The north pier closes for repairs</a></h3><time datetime=2026-03-01>1 March 2026</time><p>Until April.</p></div>\
        <div class=news><h3><a href=/n/2>The ferry runs again on Sundays</a></h3><time datetime=2026-02-20>20 February 2026</time><p>From noon.</p></div>\
        <div class=news><h3><a href=/n/3>New tariffs for small boats</a></h3><time datetime=2026-02-11>11 February 2026</time><p>See the table.</p></div>\
        </main><section>\
        <div class=paper><h4><a href=/p/1.pdf>Council meeting</a></h4><time datetime=2026-03-04>2026-03-04</time></div>\
        <div class=paper><h4><a href=/p/2.pdf>Council meeting</a></h4><time datetime=2026-02-04>2026-02-04</time></div>\
        <div class=paper><h4><a href=/p/3.pdf>Budget hearing</a></h4><time datetime=2026-01-07>2026-01-07</time></div>\
        <div class=paper><h4><a href=/p/4.pdf>Council meeting</a></h4><time datetime=2025-12-03>2025-12-03</time></div>\
        </section>";

    fn lists() -> Vec<ListChoice> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), PAGE).unwrap();
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let read = crate::fetch::document_of_file(file.path(), 1 << 20, now).unwrap();
        let document = Document {
            url: "https://port.example/news".parse().unwrap(),
            ..read
        };
        let source = config::source_from_settings(&[], chrono_tz::UTC, &|_| None).unwrap();
        list_choices(&document, &source)
    }

    fn papers(lists: &[ListChoice]) -> &ListChoice {
        let is_paper =
            |list: &&ListChoice| list.items[0].title == "Council meeting" && list.records == 4;
        lists.iter().find(is_paper).unwrap()
    }

    #[test]
    fn titles_that_repeat_stand_with_their_days() {
        let lists = lists();
        let papers = papers(&lists);
        let expected = format!(
            "{}  4 records: \"Council meeting\" (2026-03-04), \"Council meeting\" (2026-02-04), \"Budget hearing\" (2026-01-07) …",
            papers.number
        );
        assert_eq!(choice_line(papers, 120), expected);
    }

    #[test]
    fn a_line_is_no_wider_than_the_terminal() {
        for list in lists() {
            for width in 20..120 {
                let line = choice_line(&list, width);
                assert!(line.width() <= width, "{width} {line}");
            }
        }
    }

    #[test]
    fn short_titles_leave_room_to_long_ones() {
        let titles = [("short", None), ("one that is very much longer", None)];
        let check = |room: usize, expected: &str| assert_eq!(quote_titles(&titles, room), expected);
        check(80, "\"short\", \"one that is very much longer\"");
        check(35, "\"short\", \"one that is very much…\"");
        check(0, "\"short\", \"one that is…\"");
    }

    #[track_caller]
    fn check(typed: &str, expected: ListAnswer) -> String {
        let lists = lists();
        let question = ListQuestion {
            proposed: "A list",
            items: &lists[0].items,
            list: Some(1),
            choices: &lists,
        };
        let mut out = Vec::new();
        let answer = ask_for_list(&mut typed.as_bytes(), &mut out, &question).unwrap();
        assert_eq!(answer, expected, "{typed:?}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_number_or_nothing_is_an_answer_and_all_else_is_asked_again() {
        check("\n", ListAnswer::First);
        check("2\n", ListAnswer::List(2));
        check(" q \n1\n", ListAnswer::Stop);
        check("", ListAnswer::Stop);
        let shown = check("two\n0\n99\n2\n", ListAnswer::List(2));
        for word in ["two", "0", "99"] {
            assert!(
                shown.contains(&format!("`{word}` is not one of them")),
                "{shown}"
            );
        }
    }

    #[test]
    fn the_first_records_of_each_list_are_shown() {
        let shown = check("q\n", ListAnswer::Stop);
        for line in [
            "  3 records, by selectors\n   2026-03-01  The north pier closes for repairs\n     https://port.example/n/1\n",
            "   2026-02-04  Council meeting\n     https://port.example/p/2.pdf\n",
            ", Enter for 1, q to stop: ",
        ] {
            assert!(shown.contains(line), "{line} is not in\n{shown}");
        }
        assert!(!shown.contains("/p/4.pdf"), "{shown}");
    }

    #[test]
    fn reasons_add_up() {
        let lists = lists();
        let mut out = Vec::new();
        print_others(&mut out, &lists, Some(1), ReasonsDisplay::Shown).unwrap();
        let shown = String::from_utf8(out).unwrap();
        let begin = format!("\n1  {} records: ", lists[0].records);
        let (_, begin) = shown.split_once(&begin).unwrap();
        let mut lines = begin.lines();
        let number = |line: &str| -> f64 {
            let number = line.split_whitespace().next().unwrap();
            number.parse().unwrap()
        };
        let sum = number(lines.next().unwrap());
        let reasons = lines.take_while(|line| line.starts_with("   "));
        let parts: f64 = reasons.map(number).sum();
        assert!((sum - parts).abs() < 0.1, "{shown}");
    }
}
