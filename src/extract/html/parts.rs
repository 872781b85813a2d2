//! Finds the part of a page that lists each of its records.
//!
//! In: the ancestors of each record, from the nearest outwards. Out: a number for each record, the same for
//! records of one part. A part is the nearest element around a record that also contains another: the list
//! itself, or a box of the newest.

use std::collections::HashMap;
use std::hash::Hash;

/// The maximum number of ancestors examined for each record.
const MAX_AROUND: usize = 32;

/// Returns the number of the part for each record.
pub(super) fn number_parts<Id: Copy + Eq + Hash>(
    around: impl Iterator<Item = impl Iterator<Item = Id>>,
) -> Vec<usize> {
    let around: Vec<Vec<Id>> = around
        .map(|above| above.take(MAX_AROUND).collect())
        .collect();
    let mut held: HashMap<Id, usize> = HashMap::new();
    for id in around.iter().flatten() {
        *held.entry(*id).or_default() += 1;
    }
    let mut numbers: HashMap<Option<Id>, usize> = HashMap::new();
    let part = |above: &Vec<Id>| above.iter().copied().find(|id| held[id] > 1);
    around
        .iter()
        .map(|above| {
            let next = numbers.len();
            *numbers.entry(part(above)).or_insert(next)
        })
        .collect()
}
