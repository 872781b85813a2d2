//! Whether an item reports a story that is known already.
//!
//! In: a new item, and items of other sources that share a key with it. Out: the stories that it reports. Pure: the
//! store looks candidates up by [`keys`], on the one writer, and carries the decision out.

mod by_key;

pub use self::by_key::{Candidate, Key, KeyKind, keys, keys_within, stories};
