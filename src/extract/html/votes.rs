//! The records of a list vote on where they have their fields.
//!
//! In: the first records. Out: the place of each field. A place is good when many records have it and, for titles and
//! addresses, when it says something else in each.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::cluster::{Record, leads_away, title_like};
use super::fields::{Fields, Heading, MIN_TEXT_LETTERS, groups, headings, is_beside};
use super::outline::Outline;
use super::ratio;
use super::reader::{Date, Place, Reader, Walk};

/// How many records vote.
const VOTERS: usize = 20;

/// What a long text counts at most.
const COUNTED_LETTERS: usize = 600;

/// Lets the records vote.
pub(super) fn fields(reader: &Reader<'_, '_>, records: &[Record]) -> Fields {
    let walks = records
        .iter()
        .take(VOTERS)
        .map(|record| reader.walk(record));
    let walks: Vec<Walk> = walks.collect();
    let mut fields = Fields::default();
    fields.title = title(reader, &walks);
    fields.link = link(reader, &walks);
    fields.date = date(reader, &walks, &fields);
    fields.summary = summary(reader, &walks, &fields);
    fields
}

/// The votes on places of one kind.
struct Ballot<P>(HashMap<P, Votes>);

#[derive(Default)]
struct Votes {
    sum: f64,
    count: usize,
    /// What was said there, each once.
    texts: HashSet<String>,
    /// How far into a record the place was first.
    order: usize,
}

impl<P: Copy + Eq + Hash> Ballot<P> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn vote(&mut self, place: P, order: usize, weight: f64) -> &mut Votes {
        let votes = self.0.entry(place).or_insert_with(|| Votes {
            order,
            ..Votes::default()
        });
        votes.order = votes.order.min(order);
        votes.sum += weight;
        votes.count += 1;
        votes
    }

    /// The place with the greatest score above 0, the first in a record among equals.
    fn winner(self, score: impl Fn(P, &Votes) -> f64) -> Option<P> {
        let scored = self
            .0
            .into_iter()
            .map(|(place, votes)| (score(place, &votes), votes.order, place));
        let best = scored
            .filter(|(score, ..)| *score > 0.0)
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        best.map(|(.., place)| place)
    }
}

fn title(reader: &Reader<'_, '_>, walks: &[Walk]) -> Option<(Place, usize)> {
    let mut ballot = Ballot::new();
    for walk in walks {
        for (order, heading) in headings(reader, walk).into_iter().enumerate() {
            let Heading {
                index,
                place,
                occurrence,
            } = heading;
            let text = reader.text(index);
            let letters = reader.outline.letters(&reader.outline.range(index));
            // A title is one line without a date: a link around several texts holds more than it.
            let is_whole = text.contains('\n') || reader.holds_date(index);
            let lines = if is_whole { 0.5 } else { 1.0 };
            let weight = title_like(letters) * standing(reader.outline, walk, index) * lines;
            let votes = ballot.vote((place, occurrence), order, weight);
            votes.texts.insert(text);
        }
    }
    ballot.winner(|(_, occurrence), votes| {
        let distinct = ratio(votes.texts.len(), votes.count);
        // Of several texts set in the same way the title comes first, unless it is a label.
        votes.sum * distinct / ratio(occurrence + 1, 1)
    })
}

/// How much the way in which a text is set makes it a title.
fn standing(outline: &Outline<'_>, walk: &Walk, index: usize) -> f64 {
    let is = |name: &'static str| move |index: usize| outline.at(index).name() == name;
    let above = || outline.above_within(index, walk.start);
    let heading = above().any(is("h"));
    let link = above().any(is("a")) || outline.range(index).any(is("a"));
    let named = 1.0 + if heading { 0.75 } else { 0.0 } + if link { 0.5 } else { 0.0 };
    named * linked_share(outline, index)
}

/// How much of a text is its link, where that is most of it: a label beside a linked title is no part of the title.
fn linked_share(outline: &Outline<'_>, index: usize) -> f64 {
    let range = outline.range(index);
    let letters = outline.letters(&range).max(1);
    let linked = letters - outline.unlinked(&range).min(letters);
    if linked * 2 > letters {
        ratio(linked, letters)
    } else {
        1.0
    }
}

/// Where the most different addresses stand.
fn link(reader: &Reader<'_, '_>, walks: &[Walk]) -> Option<Place> {
    let mut ballot = Ballot::new();
    for walk in walks {
        let mut seen = HashSet::new();
        for (order, (index, place)) in walk.nodes.iter().enumerate() {
            if leads_away(reader.outline, *index) && seen.insert(*place) {
                let href = reader.outline.at(*index).attr("href").unwrap_or_default();
                let votes = ballot.vote(*place, order, 1.0);
                votes.texts.insert(href.to_owned());
            }
        }
    }
    ballot.winner(|_, votes| ratio(votes.texts.len(), 1))
}

/// Where most records have a date beside the title; none where fewer than a quarter have one.
fn date(reader: &Reader<'_, '_>, walks: &[Walk], fields: &Fields) -> Option<Place> {
    let mut ballot = Ballot::new();
    for walk in walks {
        let title = fields.find_title(reader, walk);
        let mut found: HashMap<Place, (usize, Date)> = HashMap::new();
        for (order, (index, place)) in walk.nodes.iter().enumerate() {
            if is_beside(reader.outline, *index, title)
                && let Some(date) = reader.date(*index)
            {
                let best = found.entry(*place).or_insert((order, date));
                best.1 = best.1.max(date);
            }
        }
        for (place, (order, date)) in found {
            ballot.vote(place, order, date.weight());
        }
    }
    let enough = 0.25 * ratio(walks.len(), 1);
    ballot.winner(|_, votes| if votes.sum >= enough { votes.sum } else { 0.0 })
}

/// Where most text stands beside title and date.
fn summary(reader: &Reader<'_, '_>, walks: &[Walk], fields: &Fields) -> Option<Place> {
    let mut ballot = Ballot::new();
    for walk in walks {
        let parts = fields.parts_of(reader, walk);
        let mut found: HashMap<Place, (usize, usize)> = HashMap::new();
        for (order, (index, place)) in groups(reader, walk, &parts).into_iter().enumerate() {
            found.entry(place).or_insert((order, 0)).1 += reader.own_letters(index, walk.start);
        }
        for (place, (order, letters)) in found {
            if letters >= MIN_TEXT_LETTERS {
                ballot.vote(place, order, ratio(letters.min(COUNTED_LETTERS), 1));
            }
        }
    }
    ballot.winner(|_, votes| votes.sum)
}
