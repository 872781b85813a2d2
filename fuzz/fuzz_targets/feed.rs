//! RSS, RDF, Atom and JSON Feed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidings::model::Source;
use tidings_fuzz::{read, source};

static SOURCE: LazyLock<Source> = LazyLock::new(|| source("feed", ""));

fuzz_target!(|body: &[u8]| read(&SOURCE, None, body));
