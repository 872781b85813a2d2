//! Replaces groups that were taken for records by the finer list within them.
//!
//! In: the judged candidates of a page, the best first. Out: the place of a candidate whose records the best
//! contains in groups.
//!
//! A page of minutes has a box for each year, and in each a list of dated links. A box repeats as a record
//! does, and its first link gives it an address and a date. It is not a record if it has neither of its own
//! and its links are of several days: the agenda and the minutes of one meeting share one date, as do the
//! parts of one post.

use rustc_hash::FxHashSet;

use super::candidates::{ListCandidate, RecordRange};
use super::judge::Weights;
use super::roles::{ListRoles, RecordParts};
use super::sheet::PageSheet;
use super::{JudgedCandidate, filter_records};

/// The maximum number of groups examined.
const MAX_GROUPS: usize = 24;

/// The maximum number of their records examined closely.
const MAX_RECORDS: usize = 200;

/// Returns the place of the candidate whose records the best one contains in groups, each with the address
/// and date of the first record of its group.
///
/// Each step takes a list with more records than the one before, so a loop over it ends.
pub(super) fn find_finer_candidate(
    sheet: &PageSheet<'_, '_>,
    candidates: &[ListCandidate],
    all: &[JudgedCandidate],
    weights: &Weights,
) -> Option<usize> {
    let records_of =
        |judged: &JudgedCandidate| filter_records(sheet, &candidates[judged.place], judged.filter);
    let groups = records_of(all.first()?);
    let finer = all.iter().skip(1).position(|judged| {
        let records = records_of(judged);
        let is_longer = records.len() >= groups.len() * 2;
        let members = is_longer
            .then(|| group_members(&groups, &records))
            .flatten();
        members.is_some_and(|members| have_nothing_else(sheet, &groups, &members, weights))
    });
    finer.map(|place| place + 1)
}

/// Returns the records of each group, or `None` if a group contains none or a record is in no group.
fn group_members<'r>(
    groups: &[&RecordRange],
    records: &[&'r RecordRange],
) -> Option<Vec<Vec<&'r RecordRange>>> {
    let inside = |group: &RecordRange, record: &RecordRange| {
        group.start <= record.start && record.end <= group.end && *group != *record
    };
    let mut records = records.iter().copied().peekable();
    let mut members = Vec::with_capacity(groups.len());
    for group in groups {
        let mut own = Vec::new();
        while let Some(record) = records.next_if(|record| inside(group, record)) {
            own.push(record);
        }
        members.push(Some(own).filter(|own| !own.is_empty())?);
    }
    records.next().is_none().then_some(members)
}

/// Returns true if most groups take their values from the first of their records, all of which are complete.
fn have_nothing_else(
    sheet: &PageSheet<'_, '_>,
    groups: &[&RecordRange],
    members: &[Vec<&RecordRange>],
    weights: &Weights,
) -> bool {
    let groups = groups.get(..MAX_GROUPS).unwrap_or(groups);
    let members = members.get(..groups.len()).unwrap_or_default();
    let records: Vec<&RecordRange> = members
        .iter()
        .flatten()
        .copied()
        .take(MAX_RECORDS)
        .collect();
    let Some(own) = whole_parts(sheet, &records, weights) else {
        return false;
    };
    let roles = ListRoles::from_records(sheet, groups, weights);
    let mut own = own.as_slice();
    let mut borrowed = 0;
    for (group, members) in groups.iter().zip(members) {
        let parts = roles.find_parts(group);
        let (its_own, further) = own.split_at(members.len().min(own.len()));
        own = further;
        let is_borrowed = members
            .first()
            .is_some_and(|first| has_date_and_link(&parts, first) && are_of_several_days(its_own));
        borrowed += usize::from(is_borrowed);
    }
    borrowed * 5 >= groups.len() * 4
}

fn has_title(parts: &RecordParts, record: &RecordRange) -> bool {
    let title = parts.title.as_ref();
    title.is_some_and(|unit| record.contains(&unit.node))
}

fn has_date_and_link(parts: &RecordParts, record: &RecordRange) -> bool {
    let date = parts.date.as_ref();
    date.is_some_and(|date| record.contains(&date.node))
        && parts.link.is_some_and(|link| record.contains(&link))
}

/// Returns true if most records are of different days.
fn are_of_several_days(members: &[RecordParts]) -> bool {
    let days = members.iter().filter_map(|parts| parts.date.as_ref());
    let days: FxHashSet<_> = days.map(|date| date.day).collect();
    days.len() * 2 > members.len()
}

/// Returns the parts of the records, if nearly all have a title, a date and a link of their own, and no two
/// share a link.
fn whole_parts(
    sheet: &PageSheet<'_, '_>,
    records: &[&RecordRange],
    weights: &Weights,
) -> Option<Vec<RecordParts>> {
    let roles = ListRoles::from_records(sheet, records, weights);
    let parts: Vec<RecordParts> = records
        .iter()
        .map(|record| roles.find_parts(record))
        .collect();
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
