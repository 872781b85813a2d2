//! Parses durations, sizes, zones and names.

use std::time::Duration;

use bytesize::ByteSize;
use chrono_tz::Tz;

use super::diagnostic::Mistake;

/// The hint for a malformed size.
pub(super) const SIZE_HINT: &str = r#"write `"10 MiB"`, `"10M"` or `"500K"`"#;

const DURATION_HINT: &str = r#"write `"90s"`, `"15m"`, `"1h30m"`, `"7d"`, `"2w"` or `"2y"`"#;
/// The longest duration, a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 8766);
/// The largest size in bytes of anything that is held in memory at once.
const LARGEST: u64 = 1 << 30;
/// The longest line of text, in characters.
const LONGEST_LINE: usize = 500;

/// Parses `90s`, `15m`, `1h30m`, `7d`, `2w`, `2y`: at most a hundred years.
pub(super) fn parse_duration(text: &str) -> Result<Duration, Mistake> {
    let text = text.trim();
    if is_number(text) {
        return Err(Mistake::new(format!("`{text}` has no unit")).hint(duration_hint(text)));
    }
    if !is_duration(text) {
        return Err(Mistake::new(format!("`{text}` is no duration")).hint(DURATION_HINT));
    }
    // Only numbers beyond 64 bits can still be refused.
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(Mistake::new(format!("`{text}` is more than 100 years"))),
    }
}

/// Parses a duration greater than zero.
pub(super) fn parse_interval(text: &str) -> Result<Duration, Mistake> {
    match parse_duration(text)? {
        Duration::ZERO => Err(Mistake::new("a duration above zero is wanted")),
        duration => Ok(duration),
    }
}

/// Returns the hint for a duration that was given as a bare number or in another form.
pub(super) fn duration_hint(written: &str) -> String {
    if is_number(written) {
        format!(r#"say the unit: `"{written}s"`, `"{written}m"` or `"{written}h"`"#)
    } else {
        DURATION_HINT.to_owned()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true for numbers that each have a unit of one letter. `humantime` would also accept `5 min`, `1.5h`, and
/// `1M` for a month.
fn is_duration(text: &str) -> bool {
    let mut digits = false;
    let well_formed = text.chars().all(|c| match c {
        '0'..='9' => {
            digits = true;
            true
        }
        's' | 'm' | 'h' | 'd' | 'w' | 'y' => std::mem::take(&mut digits),
        _ => false,
    });
    well_formed && !digits && !text.is_empty()
}

/// Parses `10M` (powers of ten) or `10 MiB` (powers of two) into bytes: 1 to 1 GiB.
pub(super) fn parse_size(text: &str) -> Result<u64, Mistake> {
    let text = text.trim();
    if is_number(text) {
        return Err(Mistake::new(format!("`{text}` has no unit")).hint(SIZE_HINT));
    }
    let Ok(ByteSize(bytes)) = text.parse() else {
        return Err(Mistake::new(format!("`{text}` is no size")).hint(SIZE_HINT));
    };
    match bytes {
        1..=LARGEST => Ok(bytes),
        _ => Err(Mistake::new(format!(
            "`{text}` is not between 1 B and 1 GiB"
        ))),
    }
}

/// Parses one line of text: a name, a title, a path. XML can contain it (XML 1.0 §2.2).
pub(super) fn parse_line(text: &str) -> Result<String, Mistake> {
    let line = text.trim();
    if line.is_empty() {
        Err(Mistake::new("this is empty"))
    } else if line.contains(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        Err(Mistake::new(
            "one line without control characters is wanted",
        ))
    } else if line.chars().count() > LONGEST_LINE {
        Err(Mistake::new(format!(
            "this has more than {LONGEST_LINE} characters"
        )))
    } else {
        Ok(line.to_owned())
    }
}

/// Parses a time zone by its name in the IANA database.
pub(super) fn parse_zone(text: &str) -> Result<Tz, Mistake> {
    text.parse().map_err(|_| {
        let mistake = Mistake::new(format!("there is no time zone `{text}`"));
        if let Some(hint) = zone_hint(text) {
            return mistake.hint(hint);
        }
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        mistake.suggest_nearest(text, names)
    })
}

/// Abbreviations that are not names of zones, with places whose clocks use them.
const ABBREVIATIONS: [(&str, &[&str]); 24] = [
    ("AEST", &["Australia/Brisbane", "Australia/Sydney"]),
    ("AKST", &["America/Anchorage"]),
    ("AMT", &["America/Manaus", "Asia/Yerevan"]),
    ("ART", &["America/Argentina/Buenos_Aires"]),
    (
        "AST",
        &["America/Puerto_Rico", "America/Halifax", "Asia/Riyadh"],
    ),
    ("BRT", &["America/Sao_Paulo"]),
    ("BST", &["Europe/London", "Asia/Dhaka"]),
    ("CDT", &["America/Chicago", "America/Havana"]),
    ("CEST", &["Europe/Berlin"]),
    ("CLT", &["America/Santiago"]),
    ("COT", &["America/Bogota"]),
    (
        "CST",
        &["America/Costa_Rica", "America/Chicago", "Asia/Shanghai"],
    ),
    ("ECT", &["America/Guayaquil"]),
    ("EDT", &["America/New_York"]),
    ("EEST", &["Europe/Helsinki"]),
    ("IST", &["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]),
    ("JST", &["Asia/Tokyo"]),
    ("MDT", &["America/Denver"]),
    ("MSK", &["Europe/Moscow"]),
    ("PDT", &["America/Los_Angeles"]),
    ("PET", &["America/Lima"]),
    (
        "PST",
        &["America/Los_Angeles", "America/Tijuana", "Asia/Manila"],
    ),
    ("VET", &["America/Caracas"]),
    ("WEST", &["Europe/Lisbon"]),
];

/// Suggests the name of a zone instead of an abbreviation or an offset.
fn zone_hint(text: &str) -> Option<String> {
    let word = text.trim();
    let upper = word.to_ascii_uppercase();
    if let Some((_, places)) = ABBREVIATIONS.iter().find(|(name, _)| *name == upper) {
        let places: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
        return Some(match places.as_slice() {
            [place] => {
                format!("an abbreviation is no name of a zone: write the place, such as {place}")
            }
            places => format!(
                "several zones are called `{upper}`: write the place, such as {}",
                places.join(" or ")
            ),
        });
    }
    let is_abbreviation =
        (2..=5).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase());
    let offset = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_offset = offset.starts_with(['+', '-'])
        && offset
            .chars()
            .skip(1)
            .all(|c| c.is_ascii_digit() || c == ':')
        && offset.len() > 1;
    let of_windows = word.ends_with(" Standard Time") || word.ends_with(" Time");
    (is_abbreviation || is_offset || of_windows).then(|| {
        let what = if is_offset {
            "an offset is no zone, for it knows no summer time"
        } else if of_windows {
            "Windows has names of its own for zones"
        } else {
            "an abbreviation is no name of a zone"
        };
        format!("{what}: write the place, such as `America/Costa_Rica` or `Europe/Madrid`")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_duration(text: &str, expected: Result<u64, &str>) {
        let read = parse_duration(text).map(|duration| duration.as_secs());
        assert_eq!(
            read.map_err(|mistake| mistake.message),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn durations_are_numbers_with_units() {
        check_duration("90s", Ok(90));
        check_duration(" 15m ", Ok(15 * 60));
        check_duration("1h30m", Ok(90 * 60));
        check_duration("7d", Ok(7 * 86_400));
        check_duration("2w", Ok(14 * 86_400));
        check_duration("2y", Ok(2 * 31_557_600));
        check_duration("100y", Ok(100 * 31_557_600));
        check_duration("0s", Ok(0));
    }

    #[test]
    fn what_only_looks_like_a_duration_is_refused() {
        check_duration("30", Err("`30` has no unit"));
        for text in [
            "", "m", "1M", "5 min", "1.5h", "1h 30m", "-1h", "30ms", "１h", "1h30",
        ] {
            check_duration(text, Err(&format!("`{text}` is no duration")));
        }
        for text in [
            "101y",
            "100y1s",
            "99999999999999999999s",
            "18446744073709551615s1y",
        ] {
            check_duration(text, Err(&format!("`{text}` is more than 100 years")));
        }
        assert_eq!(
            parse_interval("0d").map_err(|m| m.message),
            Err("a duration above zero is wanted".into())
        );
    }

    fn check_size(text: &str, expected: Result<u64, &str>) {
        let read = parse_size(text).map_err(|mistake| mistake.message);
        assert_eq!(read, expected.map_err(str::to_owned));
    }

    #[test]
    fn sizes_are_numbers_with_units() {
        check_size("10M", Ok(10_000_000));
        check_size("10 MiB", Ok(10 << 20));
        check_size("1.5 KiB", Ok(1536));
        check_size("10", Err("`10` has no unit"));
        check_size("10 Q", Err("`10 Q` is no size"));
        check_size("", Err("`` is no size"));
        check_size("0 B", Err("`0 B` is not between 1 B and 1 GiB"));
        check_size("2 GiB", Err("`2 GiB` is not between 1 B and 1 GiB"));
    }

    #[test]
    fn a_zone_in_other_words_is_recognized() {
        let mistake = parse_zone("America/CostaRica").expect_err("no such zone");
        assert_eq!(
            mistake.hint.as_deref(),
            Some("did you mean `America/Costa_Rica`?")
        );
    }

    #[test]
    fn an_abbreviation_is_told_by_its_places() {
        let hint = |text: &str| parse_zone(text).expect_err("no such zone").hint;
        let several = "several zones are called `CST`: write the place, such as `America/Costa_Rica` or `America/Chicago` or `Asia/Shanghai`";
        assert_eq!(hint("CST").as_deref(), Some(several));
        assert_eq!(hint("cst").as_deref(), Some(several));
        let other = "write the place, such as `America/Costa_Rica` or `Europe/Madrid`";
        for (text, what) in [
            ("XYZT", "an abbreviation is no name of a zone"),
            ("UTC-6", "an offset is no zone, for it knows no summer time"),
            (
                "-06:00",
                "an offset is no zone, for it knows no summer time",
            ),
            (
                "Central America Standard Time",
                "Windows has names of its own for zones",
            ),
        ] {
            assert_eq!(hint(text), Some(format!("{what}: {other}")), "{text}");
        }
        assert!(
            parse_zone("CET").is_ok() && parse_zone("EST").is_ok() && parse_zone("UTC").is_ok()
        );
        let places = ABBREVIATIONS.iter().flat_map(|(_, places)| *places);
        assert!(places.into_iter().all(|place| place.parse::<Tz>().is_ok()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.]{0,24}[a-zA-Zµ ]{0,4}[0-9]{0,24}[a-z]{0,3}|\\PC*") {
            prop_assert!(parse_duration(&text).is_ok_and(|d| d <= LONGEST) || parse_duration(&text).is_err());
            prop_assert!(parse_size(&text).is_ok_and(|s| s <= LARGEST) || parse_size(&text).is_err());
            prop_assert!(parse_line(&text).is_ok_and(|l| !l.is_empty()) || parse_line(&text).is_err());
        }
    }
}
