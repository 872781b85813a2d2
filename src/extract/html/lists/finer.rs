//! Groups that were taken for records: the list within them is the finer one.
//!
//! In: the judged candidates of a page, the best first. Out: the place of one whose records the best has in groups.
//!
//! A page of minutes has a box for each year, and in each a list of dated links. A box repeats as a record does, and its
//! first link gives it an address and a date. It is no record if it has neither of its own, and either no title of its
//! own or links of several days: the agenda and the minutes of one meeting bear one date.

use rustc_hash::FxHashSet;

use super::candidates::{Candidate, Record};
use super::judge::Weights;
use super::roles::{Parts, Roles};
use super::sheet::Sheet;
use super::{Judged, kept};

/// The place of the candidate whose records the best one holds in groups, each titled and dated by the first of its
/// group.
///
/// Each step takes a list with more records than the one before, so a loop over it ends.
pub(super) fn place(
    sheet: &Sheet<'_, '_>,
    candidates: &[Candidate],
    all: &[Judged],
    weights: &Weights,
) -> Option<usize> {
    let records_of = |judged: &Judged| kept(sheet, &candidates[judged.place], judged.filter);
    let groups = records_of(all.first()?);
    let roles = Roles::of(sheet, &groups, weights);
    let parts: Vec<Parts> = groups.iter().map(|group| roles.parts(group)).collect();
    let finer = all.iter().skip(1).position(|judged| {
        let records = records_of(judged);
        let is_longer = records.len() >= groups.len() * 2;
        let own = || whole_parts(sheet, &records, weights);
        is_longer && own().is_some_and(|own| are_members(&groups, &parts, &records, &own))
    });
    finer.map(|place| place + 1)
}

/// Whether each record lies in a group, each group holds some, and most groups have what they show from the first that
/// they hold.
fn are_members(groups: &[&Record], parts: &[Parts], records: &[&Record], own: &[Parts]) -> bool {
    let inside = |group: &Record, record: &Record| {
        group.start <= record.start && record.end <= group.end && *group != *record
    };
    let mut next = 0;
    let mut borrowed = 0;
    for (group, parts) in groups.iter().zip(parts) {
        let first = next;
        while records
            .get(next)
            .is_some_and(|record| inside(group, record))
        {
            next += 1;
        }
        let members = own.get(first..next).unwrap_or_default();
        let Some(record) = records.get(first).filter(|_| next > first) else {
            return false;
        };
        let is_borrowed = has_date_and_link(parts, record)
            && (has_title(parts, record) || are_of_several_days(members));
        borrowed += usize::from(is_borrowed);
    }
    next == records.len() && borrowed * 5 >= groups.len() * 4
}

fn has_title(parts: &Parts, record: &Record) -> bool {
    let title = parts.title.as_ref();
    title.is_some_and(|unit| record.contains(&unit.node))
}

fn has_date_and_link(parts: &Parts, record: &Record) -> bool {
    let date = parts.date.as_ref();
    date.is_some_and(|date| record.contains(&date.node))
        && parts.link.is_some_and(|link| record.contains(&link))
}

/// Whether no two records are of one day.
fn are_of_several_days(members: &[Parts]) -> bool {
    let days = members.iter().filter_map(|parts| parts.date.as_ref());
    let days: FxHashSet<_> = days.map(|date| date.day).collect();
    days.len() == members.len()
}

/// The parts of the records, if nearly all have a title, a date and a link of their own, no two the same link.
fn whole_parts(
    sheet: &Sheet<'_, '_>,
    records: &[&Record],
    weights: &Weights,
) -> Option<Vec<Parts>> {
    let roles = Roles::of(sheet, records, weights);
    let parts: Vec<Parts> = records.iter().map(|record| roles.parts(record)).collect();
    let mut links = FxHashSet::default();
    let whole = records.iter().zip(&parts).filter(|(record, parts)| {
        let target = parts
            .link
            .and_then(|link| sheet.targets.get(link)?.as_ref());
        has_title(parts, record)
            && has_date_and_link(parts, record)
            && target.is_some_and(|target| links.insert(target.key))
    });
    (whole.count() * 10 >= records.len() * 9).then_some(parts)
}
