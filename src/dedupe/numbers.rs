//! Parses numbers in any notation.

use super::tokens::{WordKind, WordToken, hash_text};

/// Combines the parts of a number in words, if they form one: `twenty three`, `trescientos mil`, `quatre vingt dix`.
pub(super) fn combine_number_words(value: u64, part: u64) -> Option<u64> {
    match part {
        20 if value == 4 => Some(80),
        100 if (2..10).contains(&value) => Some(value * 100),
        1000 if (2..1000).contains(&value) => Some(value * 1000),
        10..=19 if value % 100 == 60 || value % 100 == 80 => Some(value + part),
        1..=9 if value % 100 == 10 || value % 100 >= 20 && value.is_multiple_of(10) => {
            Some(value + part)
        }
        1..=99 if value >= 100 && value.is_multiple_of(100) => Some(value + part),
        100..=999 if value >= 1000 && value.is_multiple_of(1000) => Some(value + part),
        _ => None,
    }
}

/// Parses a number in digits; groups of thousands are not decimals.
pub(super) fn parse_digits(text: &str) -> WordToken {
    if let Ok(value) = text.parse::<u64>() {
        return WordToken::from_number(value);
    }
    let groups = text.split(['.', ',']);
    let is_grouped = text.len() < 20
        && groups.clone().skip(1).all(|group| group.len() == 3)
        && groups
            .clone()
            .next()
            .is_some_and(|first| first.len() <= 3 && first != "0");
    if is_grouped {
        let digits = groups.flat_map(str::bytes);
        let value = digits.fold(0_u64, |value, digit| {
            value
                .wrapping_mul(10)
                .wrapping_add(u64::from(digit.wrapping_sub(b'0')))
        });
        return WordToken::from_number(value);
    }
    let (whole, decimals) = text.rsplit_once(['.', ',']).unwrap_or((text, ""));
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let (whole, decimals) = (
        whole.trim_start_matches('0'),
        decimals.trim_end_matches('0'),
    );
    WordToken::new(WordKind::Number, hash_text(&format!("{whole}.{decimals}")))
}

/// The interpretation of a word of Roman numerals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RomanWord {
    Number(u32),
    /// It may also be a word or a name: `vi`, `XI`.
    Perhaps,
}

/// Parses a Roman number below 400; `announced` by the previous word (`Part I`). Capitals prove nothing: headlines
/// are often set in them.
pub(super) fn parse_roman(text: &str, announced: bool) -> Option<RomanWord> {
    let is_sign = |letter| matches!(letter, b'i' | b'v' | b'x' | b'l' | b'c');
    if text.len() > 9 || !text.bytes().all(is_sign) {
        return None;
    }
    let mut value = 0;
    let mut rest = text;
    for (sign, worth) in ROMAN {
        while let Some(less) = rest.strip_prefix(sign) {
            rest = less;
            value += worth;
        }
    }
    if !rest.is_empty() || value >= 400 || format_roman(value) != text {
        return None;
    }
    match text.len() {
        _ if announced => Some(RomanWord::Number(value)),
        0 | 1 => None,
        2 if !matches!(text, "ii" | "iv" | "ix" | "xx" | "xv") => Some(RomanWord::Perhaps),
        _ => Some(RomanWord::Number(value)),
    }
}

const ROMAN: [(&str, u32); 9] = [
    ("c", 100),
    ("xc", 90),
    ("l", 50),
    ("xl", 40),
    ("x", 10),
    ("ix", 9),
    ("v", 5),
    ("iv", 4),
    ("i", 1),
];

fn format_roman(mut value: u32) -> String {
    let mut text = String::new();
    for (sign, worth) in ROMAN {
        while value >= worth {
            text.push_str(sign);
            value -= worth;
        }
    }
    text
}
