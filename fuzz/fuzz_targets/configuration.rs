//! A configuration file. Every mistake must be found without a panic, and every excerpt must be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings_fuzz::configuration;

fuzz_target!(|text: &str| {
    // What an `include` names is outside the input.
    if text.contains("include") {
        return;
    }
    if let Err(refused) = configuration(text) {
        assert!(!refused.to_string().is_empty());
    }
});
