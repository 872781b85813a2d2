//! Lays out a page for the search for lists: its leaves, its dates, the targets of its links, and sums over
//! all of them.
//!
//! In: the outline of the page and the hints for its dates. Out: a [`Sheet`], on which any part of the page
//! is measured by subtraction.
//!
//! A leaf is a text that a reader sees in one piece: inline marks are merged into it, while a link, a line
//! break or a box ends it. Dates are read once for the whole page: in each leaf, in attributes for programs,
//! and in short leaves that form a date together (`Oct` and `07` in two boxes). The order of day and month is
//! decided for the page.

use std::ops::Range;

use chrono::NaiveDate;
use url::Url;

use super::super::outline::Outline;
use super::names;
use super::path::{self, PathId};
use super::target::LinkTarget;
use crate::dates::{self, DateBasis, DateHints};
use crate::extract::epoch;
use crate::model::{DateOrder, Precision};

/// The maximum number of bytes searched for dates in a leaf. A longer leaf is running text.
const MAX_SEARCHED_BYTES: usize = 400;

/// The maximum size of a leaf that forms a date together with others.
const MAX_PIECE_BYTES: usize = 16;

/// The maximum number of leaves that form a date together.
const MAX_PIECES: usize = 4;

/// The maximum number of dates in one leaf.
const MAX_DATES: usize = 4;

/// The maximum size of a text from which the order of day and month is learned.
const MAX_ORDER_BYTES: usize = 80;

/// The maximum number of texts read in both orders.
const MAX_TRIED_DATES: usize = 200;

/// The index that represents no node.
const NONE: u32 = u32::MAX;

/// A text in one piece.
#[derive(Debug)]
pub(in crate::extract::html) struct TextLeaf {
    /// The text nodes and the inline marks between them.
    pub(in crate::extract::html) nodes: Range<usize>,
    /// The words, separated by single spaces.
    pub(super) text: String,
    /// The link that contains it.
    pub(super) link: Option<usize>,
    /// True if it is within a heading.
    pub(super) is_head: bool,
    /// True if all of it is marked as strong.
    pub(super) is_strong: bool,
    /// True if it is for screen readers only. Such text is never a title.
    pub(super) is_for_ears: bool,
    /// The number of letters and digits.
    pub(super) letters: usize,
}

/// A date somewhere on the page.
#[derive(Clone, Debug)]
pub(in crate::extract::html) struct PageDate {
    /// The first node that contains it.
    pub(in crate::extract::html) node: usize,
    /// The leaves that contain it. Empty if an element without text states it.
    pub(in crate::extract::html) leaves: Range<usize>,
    /// The text as found.
    pub(super) text: String,
    /// The first day.
    pub(super) day: NaiveDate,
    /// The precision stated.
    pub(super) precision: Precision,
    /// True if its leaves contain nothing else.
    pub(super) is_whole: bool,
    /// True if an attribute states it for programs.
    pub(super) is_stated: bool,
    /// The name of that attribute.
    pub(in crate::extract::html) attribute: Option<String>,
    /// The bytes of its first leaf that it takes.
    pub(super) bytes: Range<usize>,
}

impl PageDate {
    /// Returns true if the date names a day.
    pub(super) fn is_day(&self) -> bool {
        matches!(self.precision, Precision::Day | Precision::Instant)
    }
}

/// The part of the page that a node belongs to, inherited from its ancestors.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each name of a part of a page stands for itself, and several may hold"
)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::extract::html) struct PageZone {
    /// True in navigation: menus, breadcrumbs, pagers.
    pub(super) navigates: bool,
    /// True in a sidebar or other content at the side.
    pub(super) is_beside: bool,
    /// True in the header or the footer of the page.
    pub(super) is_edge: bool,
    /// True in the element that the page marks as its main part.
    pub(super) is_main: bool,
}

/// The separator between two texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextSeparator {
    /// Inline marks, or nothing.
    None,
    /// A box within the line, such as a `span` with a class.
    Soft,
    /// A line break, or a box of its own.
    Hard,
}

/// The position of a text.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct TextPosition {
    block: usize,
    link: Option<usize>,
    is_marked: bool,
}

/// Returns true if a text continues the one before it. A word is never cut. A leaf ends where bold text
/// begins or ends.
fn continues_text(
    before: &str,
    text: &str,
    cut: TextSeparator,
    last: TextPosition,
    piece: TextPosition,
) -> bool {
    let continues = before.ends_with(char::is_alphabetic) && text.starts_with(char::is_lowercase);
    match cut {
        _ if last.link != piece.link => false,
        TextSeparator::None if last.block != piece.block || is_glued(before, text) => false,
        TextSeparator::None => {
            let within_word =
                before.ends_with(char::is_alphanumeric) && text.starts_with(char::is_alphanumeric);
            last.is_marked == piece.is_marked || within_word
        }
        TextSeparator::Soft => continues,
        TextSeparator::Hard => false,
    }
}

/// Returns true if two texts follow each other without a space although a new sentence or name begins: they
/// are boxes, not one text.
fn is_glued(before: &str, text: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), text.chars().next()) else {
        return false;
    };
    last.is_lowercase() && first.is_uppercase() || ".!?;)".contains(last) && first.is_alphanumeric()
}

/// A page, laid out.
pub(in crate::extract::html) struct PageSheet<'a, 'h> {
    pub(in crate::extract::html) outline: &'a Outline<'a>,
    pub(super) base: &'a Url,
    pub(super) hints: DateHints<'h>,
    pub(in crate::extract::html) leaves: Vec<TextLeaf>,
    /// The dates, in page order.
    pub(super) dates: Vec<PageDate>,
    /// The tag path of each node from the body, inline marks skipped.
    pub(super) paths: Vec<PathId>,
    /// The zone of each node.
    pub(super) zones: Vec<PageZone>,
    /// The target of each node that is a link to another page or file.
    pub(super) targets: Vec<Option<LinkTarget>>,
    links: Vec<u32>,
    first_leaf: Vec<u32>,
    first_date: Vec<u32>,
    sums: NodeCounts,
}

/// Counts before each node, and before the end.
#[derive(Default)]
struct NodeCounts {
    links: Vec<u32>,
    files: Vec<u32>,
    heads: Vec<u32>,
}

impl<'a, 'h> PageSheet<'a, 'h> {
    /// Lays out a page. Relative addresses are resolved against `base`.
    pub(super) fn lay_out(outline: &'a Outline<'a>, base: &'a Url, hints: &DateHints<'h>) -> Self {
        let mut sheet = Self {
            outline,
            base,
            hints: *hints,
            leaves: Vec::new(),
            dates: Vec::new(),
            paths: path::collect_paths(outline),
            zones: Vec::with_capacity(outline.len()),
            targets: Vec::with_capacity(outline.len()),
            links: Vec::with_capacity(outline.len()),
            first_leaf: Vec::new(),
            first_date: Vec::new(),
            sums: NodeCounts::default(),
        };
        sheet.fill_nodes();
        sheet.cut_leaves();
        sheet.hints.order = sheet.date_order();
        sheet.read_dates();
        sheet
    }

    /// Fills in zones, links and sums, node by node.
    fn fill_nodes(&mut self) {
        let outline = self.outline;
        let (mut links, mut files, mut heads) = (0, 0, 0);
        for index in 0..outline.len() {
            let node = outline.at(index);
            let above = node.parent;
            let is_root = above == index;
            let zone = if is_root {
                PageZone::default()
            } else {
                self.zones[above]
            };
            self.zones.push(names::detect_zone(outline, index, zone));
            let target = LinkTarget::from_node(outline, index, self.base);
            let inherited = if is_root { NONE } else { self.links[above] };
            let own = u32::try_from(index).unwrap_or(NONE);
            self.links
                .push(if target.is_some() { own } else { inherited });
            self.sums.links.push(links);
            self.sums.files.push(files);
            self.sums.heads.push(heads);
            links += u32::from(target.is_some());
            files += u32::from(target.as_ref().is_some_and(|target| target.is_file));
            heads += u32::from(node.name() == "h");
            self.targets.push(target);
        }
        self.sums.links.push(links);
        self.sums.files.push(files);
        self.sums.heads.push(heads);
    }

    fn cut_leaves(&mut self) {
        let outline = self.outline;
        let mut heads = vec![false; outline.len()];
        let mut strong = vec![false; outline.len()];
        let mut marked = vec![false; outline.len()];
        let mut ears = vec![false; outline.len()];
        let mut blocks = vec![0_usize; outline.len()];
        let mut raw = String::new();
        let mut last = TextPosition::default();
        let mut cut = TextSeparator::Hard;
        for index in 0..outline.len() {
            let node = outline.at(index);
            let above = node.parent;
            let name = node.name();
            let is_mark = path::is_inline_mark(node);
            ears[index] = ears[above] || names::is_screen_reader_text(node);
            heads[index] = heads[above] || matches!(name, "h" | "summary" | "legend");
            marked[index] = marked[above] && is_mark || matches!(name, "b" | "strong");
            strong[index] = strong[above]
                || marked[index]
                || matches!(name, "th" | "dt" | "legend" | "caption");
            blocks[index] = if is_mark { blocks[above] } else { index };
            let next = u32::try_from(self.leaves.len()).unwrap_or(NONE);
            self.first_leaf.push(next);
            let Some(text) = node.text() else {
                let soft = matches!(name, "span" | "font" | "label" | "a");
                cut = if is_mark {
                    cut
                } else if soft {
                    cut.max(TextSeparator::Soft)
                } else {
                    TextSeparator::Hard
                };
                continue;
            };
            let piece = TextPosition {
                block: blocks[above],
                link: self.link_around(index),
                is_marked: marked[above],
            };
            // A link that an editor cut in two.
            let key =
                |link: Option<usize>| self.targets.get(link?)?.as_ref().map(|target| target.key);
            let same = key(last.link).is_some() && key(last.link) == key(piece.link);
            let piece = TextPosition {
                link: if same { last.link } else { piece.link },
                ..piece
            };
            let is_alike = self
                .leaves
                .last()
                .is_some_and(|leaf| leaf.is_for_ears == ears[above]);
            if is_alike
                && continues_text(&raw, text, cut, last, piece)
                && let Some(leaf) = self.leaves.last_mut()
            {
                raw.push_str(text);
                leaf.nodes.end = index + 1;
                leaf.is_strong &= strong[above];
                leaf.text = collapse_space(&raw);
            } else {
                raw.clear();
                raw.push_str(text);
                self.leaves.push(TextLeaf {
                    nodes: index..index + 1,
                    text: collapse_space(text),
                    link: piece.link,
                    is_head: heads[above],
                    is_strong: strong[above],
                    is_for_ears: ears[above],
                    letters: 0,
                });
            }
            (cut, last) = (TextSeparator::None, piece);
        }
        self.first_leaf
            .push(u32::try_from(self.leaves.len()).unwrap_or(NONE));
        for leaf in &mut self.leaves {
            leaf.letters = leaf.text.chars().filter(|c| c.is_alphanumeric()).count();
        }
    }

    /// Returns the order of day and month in numeric dates: the operator's setting, else the order that the
    /// page's dates prove, else that of its language or host, else the order in which fewer dates are in the
    /// future and more are sorted.
    fn date_order(&self) -> Option<DateOrder> {
        if self.hints.order.is_some() {
            return self.hints.order;
        }
        let beginnings = self.leaves.iter().map(|leaf| {
            let end = leaf.text.floor_char_boundary(MAX_ORDER_BYTES);
            leaf.text.get(..end).unwrap_or_default()
        });
        let texts: Vec<&str> = beginnings
            .filter(|text| text.contains(|c: char| c.is_ascii_digit()))
            .collect();
        let likely = || {
            let of_language = self.hints.language.and_then(dates::usual_order);
            of_language
                .or_else(|| order_of_host(self.base))
                .or_else(|| Some(self.likely_order(&texts)))
        };
        dates::detect_order(texts.iter().copied()).or_else(likely)
    }

    fn likely_order(&self, texts: &[&str]) -> DateOrder {
        let today = self.hints.now.date_naive();
        let tried = |order: DateOrder| {
            let hints = DateHints {
                order: Some(order),
                ..self.hints
            };
            let days = texts.iter().take(MAX_TRIED_DATES).filter_map(|text| {
                let (_, reading) = dates::find_date(text, &hints)?;
                Some(reading.dated.at.date_naive())
            });
            let days: Vec<NaiveDate> = days.collect();
            let far = days.iter().filter(|day| **day > today).count();
            let falls = days.windows(2).filter(|pair| pair[0] >= pair[1]).count();
            let rises = days.windows(2).filter(|pair| pair[0] <= pair[1]).count();
            (far, days.len().saturating_sub(falls.max(rises)))
        };
        let (day_first, month_first) = (
            tried(DateOrder::DayMonthYear),
            tried(DateOrder::MonthDayYear),
        );
        // A date in an unknown order is still a date.
        if month_first.0 + month_first.1 < day_first.0 + day_first.1 {
            DateOrder::MonthDayYear
        } else {
            DateOrder::DayMonthYear
        }
    }

    fn read_dates(&mut self) {
        let mut found = Vec::new();
        for (place, leaf) in self.leaves.iter().enumerate() {
            self.read_leaf(place, leaf, &mut found);
        }
        self.read_pieces(&mut found);
        self.read_attributes(&mut found);
        found.sort_by_key(|date| (date.node, date.bytes.start));
        self.dates = found;
        let mut next = 0;
        for index in 0..=self.outline.len() {
            while self.dates.get(next).is_some_and(|date| date.node < index) {
                next += 1;
            }
            self.first_date.push(u32::try_from(next).unwrap_or(NONE));
        }
    }

    fn read_leaf(&self, place: usize, leaf: &TextLeaf, found: &mut Vec<PageDate>) {
        let text = searched_part(&leaf.text);
        if !text.contains(char::is_numeric) && text.len() > 40 {
            return;
        }
        let at = |text: &str, reading: &dates::DateReading, bytes: Range<usize>| PageDate {
            node: leaf.nodes.start,
            leaves: place..place + 1,
            text: text.to_owned(),
            day: reading.dated.at.date_naive(),
            precision: reading.dated.precision,
            is_whole: false,
            is_stated: false,
            attribute: None,
            bytes,
        };
        if text.len() <= 80
            && let Some(reading) = dates::parse_date(text, &self.hints)
        {
            let is_number = !text.contains(|c: char| !c.is_numeric());
            if reading.basis != DateBasis::Presumed && !is_number {
                let whole = at(text, &reading, 0..text.len());
                found.push(PageDate {
                    is_whole: true,
                    ..whole
                });
            }
            return;
        }
        for (bytes, reading) in dates::find_dates(text, &self.hints)
            .into_iter()
            .take(MAX_DATES)
        {
            let part = text.get(bytes.clone()).unwrap_or_default();
            found.push(at(part, &reading, bytes));
        }
    }

    /// Reads adjacent short leaves that are a date only together.
    fn read_pieces(&self, found: &mut Vec<PageDate>) {
        let is_piece = |leaf: &TextLeaf| leaf.text.len() <= MAX_PIECE_BYTES && leaf.letters > 0;
        let mut days = vec![false; self.leaves.len()];
        for date in found.iter().filter(|date| date.is_day()) {
            days[date.leaves.start] = true;
        }
        let mut place = 0;
        while place < self.leaves.len() {
            let run = self.leaves.get(place..).unwrap_or_default().iter();
            let run = run
                .take(MAX_PIECES)
                .take_while(|leaf| is_piece(leaf))
                .count();
            let together = (2..=run)
                .rev()
                .find_map(|count| self.date_across_leaves(place, count, &days));
            let Some(date) = together else {
                place += 1;
                continue;
            };
            place = date.leaves.end;
            // A month alone in one of them is a part of this day.
            found.retain(|other| {
                !date.leaves.contains(&other.leaves.start) || other.leaves.is_empty()
            });
            found.push(date);
        }
    }

    fn date_across_leaves(&self, place: usize, count: usize, days: &[bool]) -> Option<PageDate> {
        let leaves = self.leaves.get(place..place + count)?;
        let (first, last) = (leaves.first()?, leaves.last()?);
        let has_day = days.get(place..place + count)?.iter().any(|is_day| *is_day);
        let has_number = |leaf: &TextLeaf| leaf.text.contains(char::is_numeric);
        let is_apart = has_number(first) || has_number(last);
        // Do not cross the edge of a row: the element around all pieces contains little else.
        let around = self.common_ancestor(first.nodes.start, last.nodes.start);
        let inside = self.leaves_in(&self.outline.range(around));
        if has_day || !is_apart || inside.len() > 2 * count + 4 {
            return None;
        }
        let words: Vec<&str> = leaves.iter().map(|leaf| leaf.text.as_str()).collect();
        let text = words.join(" ");
        let reading = dates::parse_date(&text, &self.hints)?;
        let is_day = matches!(reading.dated.precision, Precision::Day | Precision::Instant);
        (is_day && reading.basis != DateBasis::Presumed).then(|| PageDate {
            node: first.nodes.start,
            leaves: place..place + count,
            text,
            day: reading.dated.at.date_naive(),
            precision: reading.dated.precision,
            is_whole: true,
            is_stated: false,
            attribute: None,
            bytes: 0..first.text.len(),
        })
    }

    /// Reads dates that attributes state for programs.
    fn read_attributes(&self, found: &mut Vec<PageDate>) {
        for index in 0..self.outline.len() {
            let Some(element) = self.outline.at(index).node.value().as_element() else {
                continue;
            };
            let stated = element.attrs().find_map(|(name, value)| {
                let text = stated_date(name, value)?;
                let reading = dates::parse_date(&text, &self.hints)?;
                (reading.basis == DateBasis::Stated).then_some((name, text, reading))
            });
            let Some((name, text, reading)) = stated else {
                continue;
            };
            let leaves = self.leaves_in(&self.outline.range(index));
            found.push(PageDate {
                node: index,
                is_whole: leaves.len() <= 3,
                leaves,
                text,
                day: reading.dated.at.date_naive(),
                precision: reading.dated.precision,
                is_stated: true,
                attribute: Some(name.to_owned()),
                bytes: 0..0,
            });
        }
    }

    /// Returns the innermost node that contains both.
    pub(super) fn common_ancestor(&self, one: usize, other: usize) -> usize {
        let (first, last) = (one.min(other), one.max(other));
        let mut above = self.outline.ancestors(last);
        above
            .find(|above| *above <= first && self.outline.at(*above).end > first)
            .unwrap_or(0)
    }

    /// Returns the link that contains a node or is the node itself.
    pub(super) fn link_around(&self, index: usize) -> Option<usize> {
        let link = *self.links.get(index)?;
        (link != NONE).then_some(link as usize)
    }

    /// Returns the leaves that begin in a part of the page.
    pub(in crate::extract::html) fn leaves_in(&self, part: &Range<usize>) -> Range<usize> {
        let at = |node: usize| self.first_leaf.get(node).map_or(0, |leaf| *leaf as usize);
        let start = at(part.start);
        // A leaf that begins before the part and continues into it does not belong to it.
        start..at(part.end).max(start)
    }

    /// Returns the dates in a part of the page.
    pub(super) fn dates_in(&self, part: &Range<usize>) -> &[PageDate] {
        let at = |node: usize| self.first_date.get(node).map_or(0, |date| *date as usize);
        self.dates
            .get(at(part.start)..at(part.end))
            .unwrap_or_default()
    }

    /// Returns how many links of a part lead to another page or file.
    pub(super) fn links_in(&self, part: &Range<usize>) -> usize {
        count_in_range(&self.sums.links, part)
    }

    /// Returns how many links of a part lead to a file.
    pub(super) fn files_in(&self, part: &Range<usize>) -> usize {
        count_in_range(&self.sums.files, part)
    }

    /// Returns how many headings begin in a part.
    pub(super) fn headings_in(&self, part: &Range<usize>) -> usize {
        count_in_range(&self.sums.heads, part)
    }

    /// Counts the letters and digits of some leaves that are not part of a date.
    pub(super) fn letters_outside_dates(&self, leaves: &Range<usize>) -> usize {
        let all = self.leaves.get(leaves.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (all.first(), all.last()) else {
            return 0;
        };
        let letters: usize = all.iter().map(|leaf| leaf.letters).sum();
        let dates = self.dates_in(&(first.nodes.start..last.nodes.end)).iter();
        let of_dates = dates.filter(|date| !date.is_stated);
        let of_dates =
            of_dates.map(|date| date.text.chars().filter(|c| c.is_alphanumeric()).count());
        letters.saturating_sub(of_dates.sum())
    }

    /// Returns the words of some leaves, line by line.
    pub(super) fn leaves_text(&self, leaves: Range<usize>) -> String {
        let leaves = self.leaves.get(leaves).unwrap_or_default();
        let words: Vec<&str> = leaves.iter().map(|leaf| leaf.text.as_str()).collect();
        words.join(" ")
    }
}

/// Returns month before day for hosts of the United States (`.gov`, `.mil`, `.us`), and `None` for others.
fn order_of_host(url: &Url) -> Option<DateOrder> {
    let host = url.host_str()?;
    let ends = [".gov", ".mil", ".us"];
    ends.iter()
        .any(|end| host.ends_with(end))
        .then_some(DateOrder::MonthDayYear)
}

fn count_in_range(sums: &[u32], part: &Range<usize>) -> usize {
    let at = |node: usize| sums.get(node).copied().unwrap_or_default();
    at(part.end).saturating_sub(at(part.start)) as usize
}

/// Returns the part of a leaf that is searched for dates.
fn searched_part(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_SEARCHED_BYTES))
        .unwrap_or(text)
}

/// Collapses white space to single spaces and drops zero-width characters.
pub(super) fn collapse_space(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}' => {}
            c if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Returns the date that an attribute may state: `datetime`, `data-date`, or a count of seconds in
/// `data-sort`.
fn stated_date(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    if value.len() < 8
        || value.len() > 64
        || !value.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return None;
    }
    if matches!(name, "datetime" | "content" | "data-date" | "data-datetime") {
        return Some(epoch::epoch_to_iso(value).unwrap_or_else(|| value.to_owned()));
    }
    if !name.starts_with("data-") && name != "title" {
        return None;
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        let words = names::split_name(name);
        let is_time = |word: &String| {
            [
                "date",
                "time",
                "timestamp",
                "datetime",
                "sort",
                "order",
                "published",
                "epoch",
                "value",
            ]
            .contains(&word.as_str())
        };
        return (matches!(value.len(), 10 | 13) && words.iter().any(is_time))
            .then(|| epoch::epoch_to_iso(value))
            .flatten();
    }
    let mut parts = value.splitn(3, '-');
    let is_iso = matches!((parts.next(), parts.next(), parts.next()), (Some(year), Some(month), Some(_))
        if year.len() == 4 && month.len() == 2 && year.bytes().chain(month.bytes()).all(|byte| byte.is_ascii_digit()));
    is_iso.then(|| value.to_owned())
}
