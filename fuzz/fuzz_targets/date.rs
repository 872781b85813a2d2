//! A date as a field, and dates within text. A found date lies within the text, on the boundary of a character.
#![no_main]

use chrono_tz::America::Costa_Rica;
use libfuzzer_sys::fuzz_target;
use tidings::dates::{self, Hints};
use tidings_fuzz::now;

fuzz_target!(|text: &str| {
    let hints = Hints {
        language: None,
        order: None,
        learned: None,
        zone: Costa_Rica,
        now: now(),
    };
    dates::read(text, &hints);
    dates::of_field(text, &hints);
    dates::of_http(text);
    for (place, _) in dates::all(text, &hints) {
        assert!(text.get(place.clone()).is_some(), "{place:?} of {text:?}");
    }
});
