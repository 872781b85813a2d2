//! Normalizes attachments: links to other pages, durations of files, and limits on the length of texts and lists.

use url::Url;

use super::{MAX_LIST, canonical_url, html, text};
use crate::model::{Link, Problem, RawEntry, RawText};

/// Maximum duration of a file, in seconds: one month.
const MAX_DURATION: f64 = 2_678_400.0;

/// Returns the pages that an entry links to, each once, without its own address.
pub(super) fn collect_links(entry: &RawEntry, own: Option<&Url>, base: &Url) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for found in &entry.links {
        let Some(url) = canonical_url(&found.url, base) else {
            continue;
        };
        let is_known = Some(&url) == own || links.iter().any(|known| known.url == url);
        if links.len() < MAX_LIST && !is_known {
            links.push(Link {
                relation: found.relation,
                url,
                title: found.title.clone().and_then(clean_label),
            });
        }
    }
    links
}

/// Returns a label as one line of plain text; `None` if it is blank.
pub(super) fn clean_label(label: String) -> Option<String> {
    let label = text::plain_line(&RawText::Plain(label));
    (!label.is_empty()).then_some(label)
}

/// Reports the parts of an entry that are left out because it is too long.
pub(super) fn report_cuts(entry: &RawEntry, position: usize) -> Vec<Problem> {
    let is_long = |text: &Option<RawText>| {
        let text = text.as_ref().map_or("", RawText::as_str);
        text.len() > html::MAX_CHARACTERS && text.chars().nth(html::MAX_CHARACTERS).is_some()
    };
    let texts = [("summary", &entry.summary), ("content", &entry.content)];
    let texts = texts.into_iter().filter(|(_, text)| is_long(text));
    let texts = texts.map(|(field, _)| (field, html::MAX_CHARACTERS, "characters"));
    let lists = [
        ("authors", entry.authors.len()),
        ("tags", entry.tags.len()),
        ("attachments", entry.enclosures.len()),
        ("links", entry.links.len()),
    ];
    let lists = lists.into_iter().filter(|(_, length)| *length > MAX_LIST);
    let lists = lists.map(|(field, _)| (field, MAX_LIST, "values"));
    let cut = |(field, limit, unit)| Problem::Cut {
        position,
        field,
        limit,
        unit,
    };
    texts.chain(lists).map(cut).collect()
}

/// Parses a duration: seconds, optionally with a fraction, or `H:M:S` with the larger units optional, or ISO 8601
/// (`PT1H2M3S`). Returns `None` below one second, and from `MAX_DURATION`.
pub(super) fn parse_duration(text: &str) -> Option<u32> {
    let text = text.trim();
    let seconds = if let Some(parts) = text.strip_prefix("PT") {
        let mut seconds = 0.0;
        for part in parts.split_inclusive(|c: char| c.is_ascii_alphabetic()) {
            let unit = part.chars().next_back()?;
            let number: f64 = part.strip_suffix(unit)?.parse().ok()?;
            seconds += match unit {
                'H' => number * 3600.0,
                'M' => number * 60.0,
                'S' => number,
                _ => return None,
            };
        }
        seconds
    } else {
        let parts: Vec<f64> = text
            .split(':')
            .map(|part| part.trim().parse().ok())
            .collect::<Option<_>>()?;
        (parts.len() <= 3).then_some(())?;
        parts
            .iter()
            .fold(0.0, |seconds, part| seconds * 60.0 + part)
    };
    let is_plausible = seconds.is_finite() && (1.0..MAX_DURATION).contains(&seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive and less than the limit"
    )]
    is_plausible.then_some(seconds as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RawEnclosure, RawTag};

    #[test]
    fn the_time_that_a_file_plays_is_read() {
        let check =
            |text: &str, seconds: Option<u32>| assert_eq!(parse_duration(text), seconds, "{text}");
        check("3723", Some(3723));
        check("01:02:03", Some(3723));
        check(" 62:03 ", Some(3723));
        check("3723.9", Some(3723));
        check("PT1H2M3S", Some(3723));
        for none in [
            "", "0", "00:00", "-5", "1:2:3:4", "an hour", "1e99", "inf", "PT", "PT5é", "P1D",
            "9999999",
        ] {
            check(none, None);
        }
    }

    #[test]
    fn what_is_cut_is_told() {
        let tag = |number: usize| RawTag::from(format!("t{number}"));
        let file = |number: usize| RawEnclosure {
            url: format!("/{number}"),
            ..RawEnclosure::default()
        };
        let whole = RawEntry {
            title: Some(RawText::Plain("A".into())),
            content: Some(RawText::Plain("ñ".repeat(html::MAX_CHARACTERS))),
            tags: (0..MAX_LIST).map(tag).collect(),
            ..RawEntry::default()
        };
        let long = RawEntry {
            content: Some(RawText::Plain("ñ".repeat(html::MAX_CHARACTERS + 1))),
            tags: (0..=MAX_LIST).map(tag).collect(),
            enclosures: (0..=MAX_LIST).map(file).collect(),
            ..whole.clone()
        };
        let told = |entry: &RawEntry| -> Vec<String> {
            report_cuts(entry, 3)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(told(&whole), [""; 0]);
        assert_eq!(
            told(&long),
            [
                "entry 3: more than 524288 characters of `content`: the rest was left out",
                "entry 3: more than 50 values of `tags`: the rest was left out",
                "entry 3: more than 50 values of `attachments`: the rest was left out",
            ]
        );
    }
}
