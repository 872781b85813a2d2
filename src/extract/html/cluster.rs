//! Links to lists of records.
//!
//! In: the outline of a page. Out: every way in which links of one tag path divide the page into records.
//!
//! Links of the same path have ancestors of the same paths. Where these branch, something is repeated: each such level
//! is one way to divide, within the whole page or within one branch of a level above. At the lowest level every link
//! has a record of its own, its highest exclusive ancestor; at a higher one a record holds several links of the path,
//! such as the event and its venue.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::outline::Outline;

/// How many levels of a path are tried, the most repeated first.
const MAX_LEVELS: usize = 6;

/// How many branches of a level above are tried on their own, the largest first.
const MAX_BRANCHES: usize = 4;

/// How many ways of dividing the page are looked at closely.
const MAX_LISTS: usize = 32;

/// A part of the page that is one record: an element, or siblings that stand side by side.
pub(super) type Record = Range<usize>;

/// One way to divide a part of the page.
pub(super) struct List {
    /// In page order, none within another.
    pub(super) records: Vec<Record>,
    /// What its links promise, before anything else is known.
    promise: f64,
}

/// The lists that promise most, the best first.
pub(super) fn lists(outline: &Outline<'_>) -> Vec<List> {
    let mut found: HashMap<(usize, usize, usize), List> = HashMap::new();
    for links in by_path(outline) {
        for records in divisions(outline, &links) {
            let list = List::new(outline, records, &links);
            let [begin, .., end] = list.records.as_slice() else {
                continue;
            };
            let same = (begin.start, end.start, list.records.len());
            let known = found.get(&same);
            if known.is_none_or(|known| known.promise < list.promise) {
                found.insert(same, list);
            }
        }
    }
    let mut lists: Vec<List> = found.into_values().collect();
    lists.sort_by(|one, other| {
        let place = |list: &List| list.records.first().map(|record| record.start);
        let promise = other.promise.total_cmp(&one.promise);
        promise.then_with(|| place(one).cmp(&place(other)))
    });
    lists.truncate(MAX_LISTS);
    lists
}

impl List {
    fn new(outline: &Outline<'_>, records: Vec<Record>, links: &[usize]) -> Self {
        let mut links = links.iter().copied().peekable();
        let mut letters = 0.0;
        for record in &records {
            while links.next_if(|link| *link < record.start).is_some() {}
            let mut longest = 0;
            while let Some(link) = links.next_if(|link| *link < record.end) {
                longest = longest.max(outline.letters(&outline.range(link)));
            }
            letters += title_like(longest);
        }
        let count = super::ratio(records.len(), 1);
        Self {
            promise: letters / count.max(1.0).cbrt().powi(2),
            records,
        }
    }
}

/// From 0 to 1: how like a title a text of so many letters is.
pub(super) fn title_like(letters: usize) -> f64 {
    let half = 20;
    let longest = 150;
    let long = super::ratio(longest, letters.max(longest));
    let square = letters.saturating_mul(letters);
    super::ratio(square, square.saturating_add(half * half)) * long
}

/// The links that lead to another page and can be read, by tag path, each in page order. A column of a table may hold
/// what the records have in common, or each cell a record: links in tables are clustered both ways.
fn by_path(outline: &Outline<'_>) -> Vec<Vec<usize>> {
    let mut columns: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut plain: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for index in 0..outline.len() {
        if leads_away(outline, index) && outline.letters(&outline.range(index)) > 0 {
            let node = outline.at(index);
            columns.entry(node.path).or_default().push(index);
            plain.entry(node.plain_path).or_default().push(index);
        }
    }
    // Outside of tables both are the same.
    plain.retain(|_, links| {
        let first = links
            .first()
            .and_then(|first| columns.get(&outline.at(*first).path));
        first.is_none_or(|column| column.len() < links.len())
    });
    let clusters = columns.into_values().chain(plain.into_values());
    clusters.filter(|links| links.len() > 1).collect()
}

/// Whether the node is a link to another page.
pub(super) fn leads_away(outline: &Outline<'_>, index: usize) -> bool {
    let node = outline.at(index);
    let href = node.attr("href").filter(|_| node.name() == "a");
    href.is_some_and(|href| {
        let href = href.trim_start();
        let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        !href.is_empty() && !outline.is_here(href) && (is_web || !is_scheme)
    })
}

/// Every way to divide the page by these links into two records or more.
fn divisions(outline: &Outline<'_>, links: &[usize]) -> Vec<Vec<Record>> {
    let levels = levels(outline, links);
    let mut divisions = Vec::new();
    for (place, level) in levels.iter().enumerate() {
        let mut records: Vec<usize> = links
            .iter()
            .map(|link| outline.at_depth(*link, *level))
            .collect();
        records.dedup();
        for above in levels.iter().take(place) {
            let mut branches: Vec<&[usize]> = records
                .chunk_by(|one, next| {
                    outline.at_depth(*one, *above) == outline.at_depth(*next, *above)
                })
                .filter(|branch| branch.len() > 1)
                .collect();
            branches.sort_by_key(|branch| std::cmp::Reverse(branch.len()));
            divisions.extend(branches.iter().take(MAX_BRANCHES).map(|list| list.to_vec()));
        }
        divisions.push(records);
    }
    divisions
        .into_iter()
        .filter(|records| records.len() > 1)
        .map(|records| records.iter().map(|root| outline.range(*root)).collect())
        .collect()
}

/// The depths at which the ancestors of the links branch, from the body downwards.
fn levels(outline: &Outline<'_>, links: &[usize]) -> Vec<usize> {
    let mut branches: BTreeMap<usize, usize> = BTreeMap::new();
    for pair in links.windows(2) {
        let [before, link] = pair else { continue };
        let common = outline.above(*link).find(|above| above <= before);
        let depth = common.map_or(0, |common| outline.at(common).depth);
        *branches.entry(depth + 1).or_default() += 1;
    }
    let mut levels: Vec<(usize, usize)> = branches.into_iter().collect();
    levels.sort_by_key(|(_, branches)| std::cmp::Reverse(*branches));
    levels.truncate(MAX_LEVELS);
    let mut levels: Vec<usize> = levels.into_iter().map(|(level, _)| level).collect();
    levels.sort_unstable();
    levels
}

/// The same list with what stands between its records: for lists whose records are no elements of their own.
///
/// Siblings between two records belong to the one before them or to the one behind. Where a rule or line breaks part
/// them, these decide; elsewhere the last `lead` of them belong to the record behind.
pub(super) fn spread(outline: &Outline<'_>, records: &[Record], lead: usize) -> Vec<Record> {
    let gaps: Vec<Vec<usize>> = records
        .windows(2)
        .map(|pair| match pair {
            [one, next] if siblings(outline, one, next) => {
                outline.roots(one.end..next.start).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let leads: Vec<usize> = gaps
        .iter()
        .map(|gap| match after_break(outline, gap) {
            Some(place) => gap.len() - place,
            None => lead.min(gap.len()),
        })
        .collect();
    let tail = Tail::of(outline, &gaps, &leads);
    let most = leads.iter().copied().max().unwrap_or_default();
    let mut spread: Vec<Record> = Vec::with_capacity(records.len());
    for (place, record) in records.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| {
            let same = siblings(outline, records.get(before)?, record);
            gaps.get(before).zip(leads.get(before)).filter(|_| same)
        });
        let start = match before {
            Some((gap, lead)) => gap.get(gap.len() - lead).copied(),
            None => first_of_lead(outline, record, most),
        };
        let start = start.unwrap_or(record.start);
        if let (Some(above), Some(_)) = (spread.last_mut(), before) {
            above.end = start;
        }
        spread.push(start..tail.end(outline, record));
    }
    spread
}

/// Whether text stands between most of the records: then they do not hold all that is theirs.
pub(super) fn is_loose(outline: &Outline<'_>, records: &[Record]) -> bool {
    let (mut all, mut filled) = (0, 0);
    for pair in records.windows(2) {
        if let [one, next] = pair
            && siblings(outline, one, next)
        {
            all += 1;
            filled += usize::from(outline.letters(&(one.end..next.start)) >= 3);
        }
    }
    all > 0 && filled * 2 >= all
}

fn siblings(outline: &Outline<'_>, one: &Record, next: &Record) -> bool {
    outline.at(one.start).parent == outline.at(next.start).parent
}

/// The place in a gap behind the last of its longest runs of `br`, or behind its last `hr`.
fn after_break(outline: &Outline<'_>, gap: &[usize]) -> Option<usize> {
    let is = |index: &usize, name: &str| outline.at(*index).name() == name;
    if let Some(rule) = gap.iter().rposition(|index| is(index, "hr")) {
        return Some(rule + 1);
    }
    let mut longest = (0, None);
    let mut run = 0;
    for (place, index) in gap.iter().enumerate() {
        run = if is(index, "br") { run + 1 } else { 0 };
        if run > 0 && run >= longest.0 {
            longest = (run, Some(place + 1));
        }
    }
    longest.1
}

/// Where the first record of a parent begins: at most `most` siblings before it, none of them before a break.
fn first_of_lead(outline: &Outline<'_>, record: &Record, most: usize) -> Option<usize> {
    let parent = outline.at(record.start).parent;
    let before: Vec<usize> = outline.roots(parent + 1..record.start).collect();
    let is_break = |index: &&usize| !matches!(outline.at(**index).name(), "br" | "hr");
    let own = before.iter().rev().take(most).take_while(is_break);
    own.last().copied()
}

/// How the last record of a parent ends: as the others do, over as many siblings of the same names.
struct Tail<'a> {
    names: HashSet<&'a str>,
    length: usize,
}

impl<'a> Tail<'a> {
    fn of(outline: &Outline<'a>, gaps: &[Vec<usize>], leads: &[usize]) -> Self {
        let own = |(gap, lead): (&Vec<usize>, &usize)| gap.len() - lead;
        let names = gaps.iter().flatten();
        Self {
            names: names.map(|index| outline.at(*index).name()).collect(),
            length: gaps.iter().zip(leads).map(own).max().unwrap_or_default(),
        }
    }

    fn end(&self, outline: &Outline<'_>, last: &Record) -> usize {
        let parent = outline.at(last.start).parent;
        let rest = outline.roots(last.end..outline.at(parent).end);
        let own = rest
            .take(self.length)
            .take_while(|index| self.names.contains(outline.at(*index).name()));
        own.last().map_or(last.end, |index| outline.at(index).end)
    }
}
