//! Whether an item reports a story that is known already.
//!
//! In: an item, and those that came before it. Out: the story that it reports, and why. Pure: the caller says which items
//! there are, in which order, and keeps what is decided.
//!
//! ```text
//! item -> Fingerprint -> Window -> Decision
//!         keys, words    candidates by key, compared, guarded
//! ```
//!
//! A [`Fingerprint`] is made of each item alone, in parallel. A [`Window`] holds those of the newest items; it is asked for
//! one item after the other. Two items are one story by evidence ([`Evidence`]): one address, one path on two hosts, one
//! slug, one title, one text. A [`Guard`] refuses whatever the evidence: no similarity tells no. 23 of a bulletin from
//! no. 24, their numbers do. No chain of likenesses joins two items that a guard keeps apart.

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

pub use self::fingerprint::{Fingerprint, Keys, Reading, Report, address_key};
pub use self::guards::{Guard, is_guard};
pub use self::judge::{Evidence, are_kept_apart, is_another};
pub use self::moved::{Arrival, moved, overlap};
pub use self::readdressed::{Clue, Suspect, Trace, confirms, suspects};
pub use self::window::{Decision, Limits, Window};
