//! Reads bytes as a poll reads a document, for the targets of each kind.

use std::path::Path;
use std::sync::LazyLock;

use chrono::DateTime;
use tidings::config;
use tidings::config::{Changed, Config, Refused};
use tidings::extract::extract;
use tidings::model::{Document, Source, Timestamp};
use tidings::normalize::normalize;
use url::Url;

/// The address of every document.
static ADDRESS: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://bulletins.example/news/list").expect("a fixed address"));

/// Returns the time at which every document was read.
pub fn now() -> Timestamp {
    DateTime::from_timestamp(1_638_360_000, 0).expect("a moment of 2021")
}

/// Reads a configuration that consists of one file, `text`.
pub fn configuration(text: &str) -> Result<Config, Refused> {
    let path = Path::new("/tidings.toml");
    config::load_changed(path, &Changed { path, text }, &|_| None)
}

/// Returns a source of `kind` with further `settings`, as an operator writes them.
///
/// # Panics
/// If the configuration is refused.
pub fn source(kind: &str, settings: &str) -> Source {
    let text = format!(
        "[[source]]\nid = \"fuzzed\"\nkind = \"{kind}\"\nurl = \"{}\"\n{settings}\n",
        *ADDRESS
    );
    let mut config = configuration(&text).unwrap_or_else(|refused| panic!("{refused}"));
    config.sources.remove(0)
}

/// Extracts and normalizes `body`. A document that is refused is no failure.
pub fn read(source: &Source, content_type: Option<String>, body: &[u8]) {
    let document = Document {
        url: ADDRESS.clone(),
        content_type,
        body: body.to_vec(),
        fetched_at: now(),
    };
    if let Ok(extracted) = extract(&document, source) {
        normalize(source, vec![(document, extracted)]);
    }
}
