//! Classifies a single text, regardless of its name.
//!
//! In: a text and the hints for dates. Out: its class: a date, an address, a file, words.

use crate::dates::{self, DateBasis, DateHints};
use crate::extract::epoch;
use crate::model::DateOrder;

/// The maximum length of a text that is a date by itself.
const MAX_DATE_BYTES: usize = 60;

/// Years outside this range mean "never" or "unknown".
const YEARS: std::ops::RangeInclusive<i32> = 1950..=2150;

/// Extensions of files in addresses.
const FILES: [&str; 20] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf", "csv", "zip", "epub",
    "mp3", "mp4", "m4a", "wav", "ics", "txt", "xlsm",
];

/// Extensions of pictures in addresses.
const IMAGES: [&str; 7] = ["jpg", "jpeg", "png", "gif", "webp", "svg", "avif"];

/// The beginnings of media types.
const MEDIA: [&str; 7] = [
    "application",
    "audio",
    "font",
    "image",
    "multipart",
    "text",
    "video",
];

/// Path segments of programming interfaces.
const FOR_PROGRAMS: [&str; 6] = ["api", "rest", "wp-json", "jsonapi", "odata", "graphql"];

/// The form of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayForm {
    /// Year first, or a count: it has one meaning.
    Plain,
    /// Any other form.
    Written,
    /// A year that no record is from.
    Never,
    /// A time of day or a day of the week, without a date.
    Time,
}

/// Returns the form of a text that is a date. A mere number is a date only if the name of the value says so.
pub(super) fn date_form(text: &str, is_named: bool, hints: &DateHints<'_>) -> Option<DayForm> {
    let text = text.trim();
    if !text.bytes().any(|byte| byte.is_ascii_digit()) && !is_named {
        return None;
    }
    if let Some(year) = leading_year(text) {
        let known = YEARS.contains(&year);
        return Some(if known {
            DayForm::Plain
        } else {
            DayForm::Never
        });
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number_form(text, is_named, hints);
    }
    if epoch::epoch_to_iso(text).is_some() {
        return Some(DayForm::Plain);
    }
    let read = |hints: &DateHints<'_>| match is_named {
        true => dates::parse_field(text, hints),
        false if text.len() <= MAX_DATE_BYTES => dates::parse_date(text, hints),
        false => None,
    };
    // It does not matter here which number is the month.
    let either = || {
        read(&DateHints {
            learned: Some(DateOrder::DayMonthYear),
            ..*hints
        })
    };
    let reading = read(hints).or_else(either);
    reading.map(|reading| {
        let year = chrono::Datelike::year(&reading.dated.at);
        if reading.basis == DateBasis::Presumed {
            DayForm::Time
        } else if YEARS.contains(&year) {
            DayForm::Written
        } else {
            DayForm::Never
        }
    })
}

/// Returns the form of digits that are a date: eight of them are a day, fourteen a time, and counts are long.
fn number_form(text: &str, is_named: bool, hints: &DateHints<'_>) -> Option<DayForm> {
    let is_day = matches!(text.len(), 8 | 14) && {
        let part = |range| {
            text.get(range)
                .and_then(|part: &str| part.parse::<u32>().ok())
        };
        let year = part(0..4).is_some_and(|year| (1950..=2150).contains(&year));
        let month = part(4..6).is_some_and(|month| (1..=12).contains(&month));
        let day = part(6..8).is_some_and(|day| (1..=31).contains(&day));
        year && month && day
    };
    let is_count = || is_named && epoch::epoch_to_iso(text).is_some();
    let is_read = || dates::parse_field(text, hints).is_some();
    (is_day && is_read() || is_count()).then_some(DayForm::Plain)
}

/// Returns the year of a text that begins with year, month and day.
fn leading_year(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let sign = |at: usize| bytes.get(at).is_some_and(|byte| b"-/.".contains(byte));
    let is_date = (0..4).all(digit) && sign(4) && digit(5) && digit(6) && sign(7) && digit(8);
    // A text with more than a time after the day is a title that begins with a day.
    let is_short = text.len() <= 40;
    (is_date && is_short && !text.get(10..).unwrap_or_default().contains(' ')
        || is_date && text.len() <= 30)
        .then(|| text.get(..4)?.parse().ok())?
}

/// Returns true if the text is a web address.
pub(super) fn is_web_address(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    })
}

/// Returns true if the text is an address, or a path from the root of a site. If the name marks it as an
/// address, any path counts.
pub(super) fn is_address(text: &str, is_named: bool) -> bool {
    let text = text.trim();
    if text.is_empty()
        || text.len() > 2_000
        || text.contains(|c: char| c.is_whitespace() || c == '<')
    {
        return false;
    }
    if is_web_address(text) {
        return true;
    }
    let is_media_type = |(kind, rest): (&str, &str)| MEDIA.contains(&kind) && !rest.contains('/');
    if text.split_once('/').is_some_and(is_media_type) {
        return false;
    }
    // `~/` has a meaning on a server only.
    let is_path = text.contains('/')
        && !text.starts_with('~')
        && !text.contains("://")
        && !text.contains('\\');
    let letters = text.chars().any(char::is_alphabetic) || text.contains('?');
    let from_root = text.starts_with('/') && text.len() > 1 && !text.starts_with("/Date(");
    let named = is_named && letters && !text.starts_with("data:");
    is_path && (from_root && (letters || is_named) || named)
}

/// Returns the address of the only link in a text with markup.
pub(in crate::extract) fn only_link(text: &str) -> Option<&str> {
    let mut links = text.match_indices("href=");
    let (at, found) = links.next()?;
    // Two links belong to two things.
    if links.next().is_some() || !text.contains('<') {
        return None;
    }
    let rest = text.get(at + found.len()..)?;
    let quote = rest.chars().next()?;
    if !matches!(quote, '"' | '\'') {
        return rest.split(['>', ' ']).next();
    }
    rest.get(1..)?.split(quote).next()
}

/// Returns true if an address is that of a file.
pub(super) fn is_file_address(address: &str) -> bool {
    ends_with_any(address, &FILES)
}

/// Returns true if an address is that of a picture.
pub(super) fn is_image_address(address: &str) -> bool {
    ends_with_any(address, &IMAGES)
}

fn ends_with_any(address: &str, endings: &[&str]) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    let is_it = |ending: &str| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    };
    ending.is_some_and(is_it)
}

/// Returns true if an address looks like one of a programming interface.
pub(super) fn is_machine_address(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let is_host = rest.len() < address.len();
    let host = path.split('/').next().filter(|_| is_host);
    let is_api_host = host.is_some_and(|host| host.starts_with("api.") || host.contains("-api."));
    let is_api_path = path.split('/').any(|step| {
        FOR_PROGRAMS
            .iter()
            .any(|known| step.eq_ignore_ascii_case(known))
    });
    let is_data = ends_with_any(address, &["json", "geojson", "xml", "rdf"]);
    is_api_host || is_api_path || is_data
}

/// Returns a text without its tags.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut within = false;
    for c in text.chars() {
        match c {
            '<' => within = true,
            '>' if within => {
                within = false;
                plain.push(' ');
            }
            c if !within => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// Returns true if the text looks like an identifier in a program: no spaces, and digits or signs in it.
pub(super) fn is_identifier(text: &str) -> bool {
    let text = text.trim();
    let is_one = !text.contains(char::is_whitespace);
    let is_ideographic = text.chars().any(|c| c > '\u{2e7f}');
    is_one
        && !is_ideographic
        && text.contains(|c: char| c.is_ascii_digit() || "_-./:;@=".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints() -> DateHints<'static> {
        DateHints {
            language: None,
            order: None,
            learned: None,
            zone: chrono_tz::UTC,
            now: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn dates_are_told_by_their_form() {
        let check = |text: &str, is_named: bool, expected: Option<DayForm>| {
            assert_eq!(date_form(text, is_named, &hints()), expected, "{text}");
        };
        check("2021-11-30", false, Some(DayForm::Plain));
        check("2021-11-30T10:00:00.000+00:00", false, Some(DayForm::Plain));
        check("2021-11-30 14:38:00.0", false, Some(DayForm::Plain));
        check("2021/11/30", false, Some(DayForm::Plain));
        check("20211130", false, Some(DayForm::Plain));
        check("30 November 2021", false, Some(DayForm::Written));
        check("1900-01-01T00:00:00Z", false, Some(DayForm::Never));
        check("1638187200000", true, Some(DayForm::Plain));
        check("1638187200000", false, None);
        check("2021-11-30 Minutes of the harbour commission", false, None);
        check("9:00 AM", false, Some(DayForm::Time));
        check("52584", true, None);
        check("Closure of the bridge", false, None);
    }

    #[test]
    fn addresses_are_told_by_their_form() {
        let check = |text: &str, is_named: bool, expected: bool| {
            assert_eq!(is_address(text, is_named), expected, "{text}");
        };
        check("https://a.example/b", false, true);
        check("/notices/1", false, true);
        check("/1", true, true);
        check("/1", false, false);
        check("notices/1", true, true);
        check("notices/1", false, false);
        check("application/pdf", true, false);
        check("/", true, false);
        check("Yes/No question", true, false);
        assert_eq!(only_link("<a class=x href='/b'>B</a>"), Some("/b"));
        assert_eq!(only_link("<a href=/b>B</a> <a href=/c>C</a>"), None);
        assert!(is_file_address("/a.PDF?x=1") && !is_file_address("/a.html"));
        assert!(is_machine_address("https://api.a.example/1") && is_machine_address("/api/1"));
        assert!(!is_machine_address("https://a.example/apiary"));
    }
}
