//! Finds numbered series: titles that count, and the numbers that they skip.
//!
//! In: the entries of one document. Out: a [`Problem::Skipped`] for each gap in the numbers of a series. No
//! entry is lost by it: the publisher left a number out, or a document does not show it.
//!
//! Publishers number many things, and each body numbers its own resolutions: only titles that count the same
//! thing, in one direction, mostly by one, are a series.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Problem, RawEntry, RawText};

/// The minimum count of numbers in a series.
const MIN_NUMBERS: usize = 4;

/// The maximum count of missing numbers in a gap. Beyond it, a new count begins.
const MAX_MISSING: u32 = 5;

/// The maximum number of gaps reported for one series.
const MAX_TOLD: usize = 3;

/// A number with its sign, or with the name of the counted thing before it, and optionally the year of the
/// count.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        (?: ^ | [^\p{L}\p{N}] )
        (?:
            (?: n\s?\.?\s?[º°ª] | n\.?\s?o\.? | nro\.? | n[uú]m\.? | n[uú]mero | number | nr\.? | \#\s? | № ) \s*
          | (?<named> bulletins? | bolet[ií]n | boletim | bulletin | newsletter | gazette | gaceta | gazeta
                    | issue | edition | edici[oó]n | edi[cç][aã]o | circular | comunicado | informativo ) \s+
        )
        (?<number> \d{1,6} )
        (?: \s* (?: [/-] | de | of ) \s* (?<year> (?:19|20)\d\d ) )?
        (?: $ | [^\p{L}\p{N}/.,-] | [.,/-] (?: \D | $ ) )",
    )
    .expect("an expression of our own")
});

/// The thing that a title counts: the word before the number, and the year if there is one.
type SeriesKey = (String, Option<u32>);

/// Returns the gaps in the series of a document.
pub(super) fn find_gaps(entries: &[RawEntry]) -> Vec<Problem> {
    let mut series: BTreeMap<SeriesKey, Vec<(u32, &str)>> = BTreeMap::new();
    for entry in entries {
        let title = entry.title.as_ref().map_or("", RawText::as_str);
        if let Some((counted, number)) = parse_series_number(title) {
            series.entry(counted).or_default().push((number, title));
        }
    }
    series.into_values().flat_map(gaps_in_series).collect()
}

fn parse_series_number(title: &str) -> Option<(SeriesKey, u32)> {
    let found = NUMBERED.captures(title)?;
    let number = found.name("number")?.as_str().parse().ok()?;
    let year = found
        .name("year")
        .and_then(|year| year.as_str().parse().ok());
    let name = found.name("named").map(|name| name.as_str().to_lowercase());
    let before = title.get(..found.get_match().start()).unwrap_or_default();
    let word = before
        .split(|c: char| !c.is_alphanumeric())
        .rfind(|word| !word.is_empty());
    let counted = name.unwrap_or_else(|| word.unwrap_or_default().to_lowercase());
    // `Bulletin 2021` names a year.
    let is_year = found.name("named").is_some() && (1900..2100).contains(&number);
    (!is_year).then_some(((counted, year), number))
}

fn gaps_in_series(mut numbers: Vec<(u32, &str)>) -> Vec<Problem> {
    // The same entry twice.
    numbers.dedup();
    let steps: Vec<i64> = numbers
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some(i64::from(next.0) - i64::from(one.0)),
            _ => None,
        })
        .collect();
    let one_way = steps.iter().all(|step| *step > 0) || steps.iter().all(|step| *step < 0);
    let by_one = steps.iter().filter(|step| step.abs() == 1).count();
    if numbers.len() < MIN_NUMBERS || !one_way || by_one * 3 < steps.len() * 2 {
        return Vec::new();
    }
    numbers.sort_unstable();
    let gap = |pair: &[(u32, &str)]| {
        let [(before, _), (behind, _)] = pair else {
            return None;
        };
        let missing = behind - before - 1;
        let (first, last) = (before + 1, behind - 1);
        (1..=MAX_MISSING)
            .contains(&missing)
            .then_some(Problem::Skipped { first, last })
    };
    numbers.windows(2).filter_map(gap).take(MAX_TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(titles: &[&str], expected: &[&str]) {
        let entry = |title: &&str| RawEntry {
            title: Some(RawText::Unsaid((*title).to_owned())),
            ..RawEntry::default()
        };
        let entries: Vec<RawEntry> = titles.iter().map(entry).collect();
        let told: Vec<String> = find_gaps(&entries)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, expected, "{titles:?}");
    }

    /// Checks the same four numbers, one skipped, in a given notation.
    fn check_form(form: &str, expected: &[&str]) {
        let titles: Vec<String> = [44, 43, 41, 40]
            .iter()
            .map(|number: &i32| form.replace("{}", &number.to_string()))
            .collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        check(&titles, expected);
    }

    #[test]
    fn a_number_that_is_skipped_is_told() {
        let told = ["no. 42 is missing between no. 41 and no. 43"];
        for form in [
            "Bulletin no. {}",
            "Bulletin No {}: water in the lower valley",
            "Boletín N.º {} – agua en el valle",
            "Boletín Nº{}",
            "Boletín N° {}.",
            "Boletín núm. {}, semana santa",
            "Boletín número {}",
            "Boletim n.º {}/2021",
            "Boletim {}",
            "Bulletin n° {} de 2021",
            "Newsletter #{}",
            "Weekly issue {} (corrected)",
            "№ {}",
            "#{} What the ferries do",
        ] {
            check_form(form, &told);
        }
    }

    #[test]
    fn other_numbers_are_no_series() {
        for form in [
            "Budget of 20{}",
            "Bulletin 19{}",
            "Notice of {} May",
            "{} people at the crossing",
            "Route {} is closed",
            "Casino n{}",
            "Resolution no. 3.{}",
        ] {
            check_form(form, &[]);
        }
        check(
            &["Bulletin no. 40", "Bulletin no. 42", "Bulletin no. 43"],
            &[],
        );
    }

    #[test]
    fn each_body_counts_for_itself() {
        check(
            &[
                "Resolution no. 12",
                "Resolution no. 410",
                "Resolution no. 13",
                "Resolution no. 411",
                "Resolution no. 15",
            ],
            &[],
        );
        check(
            &[
                "Act no. 1",
                "Law no. 3",
                "Act no. 2",
                "Law no. 5",
                "Act no. 3",
                "Act no. 5",
            ],
            &["no. 4 is missing between no. 3 and no. 5"],
        );
    }

    #[test]
    fn a_count_that_begins_anew_misses_nothing() {
        check(
            &[
                "Edital n.º 3/2022",
                "Edital n.º 2/2022",
                "Edital n.º 48/2021",
                "Edital n.º 47/2021",
            ],
            &[],
        );
        check(
            &[
                "Report no. 1",
                "Report no. 2",
                "Report no. 3",
                "Report no. 4",
                "Report no. 300",
            ],
            &[],
        );
    }

    #[test]
    fn several_missing_numbers_are_one_gap() {
        let two = "no. 3 and no. 4 are missing between no. 2 and no. 5";
        check(
            &["Act no. 1", "Act no. 2", "Act no. 5", "Act no. 6"],
            &[two],
        );
        let three = "no. 3 to no. 5 are missing between no. 2 and no. 6";
        check(
            &["Act no. 1", "Act no. 2", "Act no. 6", "Act no. 7"],
            &[three],
        );
    }
}
