//! A textual description of how to find the records of a page without selectors.

use std::fmt;
use std::str::FromStr;

/// The longest layout, in bytes.
const MAX_BYTES: usize = 4_000;

/// The layout of a page that is one record.
const PAGE: &str = "page";
/// The layout of a page whose records are in its machine-readable data.
const DATA: &str = "data";

/// A way to find the records of a page, as `tidings discover` writes it and a source keeps it: `elements body > main >
/// ul.news > li, linked`. Only `extract` interprets the words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout(String);

/// The error for text that is not a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The text does not have the form of a layout.
    #[error("`{0}` is no layout")]
    Form(String),
    /// The text is too long, or contains characters that cannot be shown.
    #[error("a layout is one line of at most {MAX_BYTES} bytes")]
    Unprintable,
    /// The first word is not a way of finding records.
    #[error("a layout begins with how records are found: `{0}` is no such way")]
    Division(String),
    /// The word after the path is not a filter for records.
    #[error("behind the way to the records a layout says which of them count: `{0}` does not")]
    Filter(String),
    /// A part after the filter is not valid.
    #[error("`{0}` says neither which part of a page is read nor where titles or dates stand")]
    Place(String),
}

impl Layout {
    /// The ways of finding records: the first word of a layout.
    pub const DIVISIONS: [&str; 13] = [
        "elements",
        "elements-with-class",
        "class",
        "siblings",
        "children",
        "all-children",
        "starts",
        "led-starts",
        "sibling-starts",
        "lines",
        "paragraphs",
        "rules",
        "links",
    ];

    /// The filters that decide which records count.
    pub const FILTERS: [&str; 5] = ["all", "linked", "dated", "linked-and-dated", "with-file"];

    /// Returns the layout of a page whose records are in its machine-readable data: JSON-LD, or JSON in a script.
    pub fn machine_readable() -> Self {
        Self(DATA.to_owned())
    }

    /// Returns true if the records are in the page's machine-readable data.
    pub fn is_machine_readable(&self) -> bool {
        self.0 == DATA
    }

    /// Returns true if the page is one record.
    pub fn is_page(&self) -> bool {
        self.0 == PAGE
    }

    /// Returns the layout in words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let text = text.trim();
        if text.len() > MAX_BYTES || text.contains(char::is_control) {
            return Err(LayoutError::Unprintable);
        }
        if text != PAGE && text != DATA {
            check_layout(text)?;
        }
        Ok(Self(text.to_owned()))
    }
}

/// Checks `DIVISION WAY, FILTER`, optionally followed by `, part 1/2`, `, title PLACE` and `, date PLACE`.
fn check_layout(text: &str) -> Result<(), LayoutError> {
    let form = || LayoutError::Form(text.to_owned());
    let (division, rest) = text.split_once(' ').ok_or_else(form)?;
    if !Layout::DIVISIONS.contains(&division) {
        return Err(LayoutError::Division(division.to_owned()));
    }
    let mut parts = rest.split(", ");
    let way = parts.next().unwrap_or_default();
    let filter = parts.next().ok_or_else(form)?;
    if way.is_empty() {
        return Err(form());
    }
    if !Layout::FILTERS.contains(&filter) {
        return Err(LayoutError::Filter(filter.to_owned()));
    }
    let is_count = |part: &str| {
        let counts = part
            .strip_prefix("part ")
            .and_then(|counts| counts.split_once('/'));
        counts.is_some_and(|(part, of)| {
            [part, of]
                .iter()
                .all(|count| count.parse::<usize>().is_ok())
        })
    };
    let is_place = |part: &str| {
        let place = part
            .strip_prefix("title ")
            .or_else(|| part.strip_prefix("date "));
        place.is_some_and(|place| u64::from_str_radix(place, 16).is_ok())
    };
    match parts.find(|part| !is_place(part) && !is_count(part)) {
        Some(part) => Err(LayoutError::Place(part.to_owned())),
        None => Ok(()),
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_has_a_form() {
        let check = |text: &str, error: &str| {
            let read = text.parse::<Layout>();
            let shown = read.map_or_else(|error| error.to_string(), |layout| layout.to_string());
            assert_eq!(shown, error, "{text}");
        };
        for well in [
            "page",
            "data",
            "elements body > ul.news > li, linked",
            "all-children body > p, all, part 1/2, title 00000000000000ff, date 1",
        ] {
            check(well, well);
        }
        check("", "`` is no layout");
        check("list", "`list` is no layout");
        check("elements body > li", "`elements body > li` is no layout");
        check(
            "element body > li, all",
            "a layout begins with how records are found: `element` is no such way",
        );
        check(
            "elements body > li, some",
            "behind the way to the records a layout says which of them count: `some` does not",
        );
        check(
            "elements body > li, all, title here",
            "`title here` says neither which part of a page is read nor where titles or dates stand",
        );
        check("page\npage", "a layout is one line of at most 4000 bytes");
    }
}
