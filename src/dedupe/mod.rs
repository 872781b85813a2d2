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
//! and judges one item after the other. Two items are one story by evidence ([`DuplicateEvidence`]): one address, one path on
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

pub use self::fingerprint::{ComparedItem, Fingerprint, ItemTokens, LookupKeys, address_key};
pub use self::guards::{Guard, is_guard};
pub use self::judge::{DuplicateEvidence, are_kept_apart, is_another_bulletin};
pub use self::moved::{ArrivingEntry, match_moved, overlap_percent};
pub use self::readdressed::{
    ItemTrace, MatchCandidate, MatchClue, confirms_match, find_match_candidates,
};
pub use self::window::{DuplicateDecision, Window, WindowLimits};
