//! Bytes in any encoding, under a `Content-Type`: the first line of the input.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidings::model::Source;
use tidings_fuzz::{read, source};

static SOURCE: LazyLock<Source> = LazyLock::new(|| source("feed", ""));

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (content_type, body) = input.split_at(end.unwrap_or_default());
    let content_type = String::from_utf8(content_type.to_vec()).ok();
    read(&SOURCE, content_type, body);
});
