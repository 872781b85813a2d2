//! Decides whether an item reports a known story.
//!
//! In: an item, and those before it. Out: the story that it reports, and why. Pure: the caller supplies the items in
//! order, and stores the decisions.
//!
//! ```text
//! item -> Fingerprint -> Window -> Decision
//!         keys, words    candidates by key, compared, guarded
//! ```
//!
//! A [`Fingerprint`] is computed from each item alone, in parallel. A [`Window`] contains those of the newest items,
//! and judges one item after the other. Two items are one story by evidence ([`Evidence`]): one address, one path on
//! two hosts, one slug, one title, one text. A [`Guard`] refuses regardless of the evidence: no similarity
//! distinguishes no. 23 of a bulletin from no. 24, their numbers do. No chain of similar items joins two items that a
//! guard keeps apart.

mod align;
mod fingerprint;
mod guards;
mod judge;
mod moved;
mod numbers;
mod place;
mod postings;
mod readdressed;
mod scan;
mod tokens;
mod window;
mod words;

#[cfg(test)]
mod tests;

pub use self::fingerprint::{ComparedItem, Fingerprint, Keys, Reading, address_key};
pub use self::guards::{Guard, is_guard};
pub use self::judge::{Evidence, are_kept_apart, is_another};
pub use self::moved::{Arrival, moved, overlap};
pub use self::readdressed::{Clue, Suspect, Trace, confirms, suspects};
pub use self::window::{Decision, Limits, Window};
