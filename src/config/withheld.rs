//! Removes the secrets in addresses from the configuration that is kept.
//!
//! In: the text of a file. Out: the same text without logins and keys in addresses. A source whose address has one
//! refers to it: `url = { not_kept = "https://host.example/feed", hash = "…" }`. Reading such a text finds the address
//! again by its hash in the current files, as far as these can be read; otherwise that source cannot be polled.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use url::Url;

use super::diagnostic::DiagnosticCollector;
use super::file::{ConfigFile, ParsedFile, SpannedValue, TableEntry, ValueKind};
use super::table::ConfigTable;
use crate::model::{Hash, Secret, hide_secrets};

/// The key of a value that is not kept: the part that may be shown.
pub(super) const KEY: &str = "not_kept";
/// The key of its hash.
const HASH: &str = "hash";
/// Separates the scheme of an address from its host.
const MARK: &str = "://";

/// A value that contains a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum WithheldValue {
    /// An address.
    Text(String),
    /// A program and its arguments.
    Words(Vec<String>),
}

/// Values with secrets that the files still contain, by hash. `Debug` hides them.
#[derive(Clone, Default)]
pub struct KnownSecrets(HashMap<String, WithheldValue>);

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl WithheldValue {
    fn hash(&self) -> String {
        match self {
            Self::Text(text) => {
                let url = Url::parse(text).map(String::from);
                Hash::digest(url.as_deref().unwrap_or(text).as_bytes()).to_string()
            }
            Self::Words(words) => Hash::digest_parts(words.iter().map(String::as_str)).to_string(),
        }
    }

    /// Returns the value that replaces it in the kept text.
    fn to_reference(&self) -> String {
        let shown = match self {
            Self::Text(text) => without_secrets(text),
            // Any argument may be part of the secret.
            Self::Words(words) => {
                let program = words.first().map_or("", String::as_str);
                format!("{} …", without_secrets(program)).into()
            }
        };
        let (shown, hash) = (toml_text(&shown), self.hash());
        format!("{{ {KEY} = {shown}, {HASH} = \"{hash}\" }}")
    }
}

impl KnownSecrets {
    /// Collects the secrets of `files`, including torn ones.
    pub(super) fn from_files(files: &[ParsedFile]) -> Self {
        let mut known = Self::default();
        for file in files {
            for entry in &file.entries {
                known.collect_from_entry(entry);
            }
            for range in secret_addresses(file.text()) {
                let text = file.text().get(range).unwrap_or_default();
                known.insert(WithheldValue::Text(text.to_owned()));
            }
        }
        known
    }

    fn collect_from_entry(&mut self, entry: &TableEntry) {
        if let Some(withheld) = withheld_value(entry) {
            self.insert(withheld);
            return;
        }
        for_each_entry(&entry.value, &mut |entry| self.collect_from_entry(entry));
    }

    fn insert(&mut self, withheld: WithheldValue) {
        self.0.insert(withheld.hash(), withheld);
    }
}

/// Returns the texts of `files` without the secrets in their addresses.
pub fn without_address_secrets(files: &[ConfigFile]) -> Vec<ConfigFile> {
    let masked = files.iter().map(|file| ConfigFile {
        text: mask_secrets(file).into(),
        ..file.clone()
    });
    masked.collect()
}

fn mask_secrets(kept: &ConfigFile) -> String {
    // Its mistakes have been reported elsewhere.
    let file = ParsedFile::from_kept(
        0,
        kept,
        &KnownSecrets::default(),
        &DiagnosticCollector::default(),
    );
    let mut replaced = Vec::new();
    for entry in &file.entries {
        replace_in_entry(entry, &mut replaced);
    }
    let text = apply_replacements(file.text(), replaced);
    // Comments may contain addresses, too.
    let comments = secret_addresses(&text).into_iter().map(|range| {
        let shown = shown_address(text.get(range.clone()).unwrap_or_default());
        (range, shown.unwrap_or_default())
    });
    let comments = comments.collect();
    apply_replacements(&text, comments)
}

fn apply_replacements(text: &str, mut replaced: Vec<(Range<usize>, String)>) -> String {
    replaced.sort_by_key(|(range, _)| range.start);
    let mut whole = text.to_owned();
    for (range, value) in replaced.into_iter().rev() {
        whole.replace_range(range, &value);
    }
    whole
}

fn replace_in_entry(entry: &TableEntry, replaced: &mut Vec<(Range<usize>, String)>) {
    if let Some(withheld) = withheld_value(entry) {
        replaced.push((entry.value.span.clone(), withheld.to_reference()));
        return;
    }
    replace_texts(&entry.value, replaced);
    for_each_entry(&entry.value, &mut |entry| replace_in_entry(entry, replaced));
}

/// Hides the secrets in any other texts of a value.
fn replace_texts(value: &SpannedValue, replaced: &mut Vec<(Range<usize>, String)>) {
    match &value.kind {
        ValueKind::Text(text) => {
            if let Cow::Owned(shown) = without_secrets(text) {
                replaced.push((value.span.clone(), toml_text(&shown)));
            }
        }
        ValueKind::List(values) => {
            for value in values {
                replace_texts(value, replaced);
            }
        }
        _ => {}
    }
}

/// Visits the entries directly within a value.
fn for_each_entry<'v>(value: &'v SpannedValue, entered: &mut dyn FnMut(&'v TableEntry)) {
    match &value.kind {
        ValueKind::Table(entries) => entries.iter().for_each(entered),
        ValueKind::List(values) => {
            for value in values {
                for_each_entry(value, entered);
            }
        }
        _ => {}
    }
}

/// Returns the address or the program of a source, if it contains a secret.
fn withheld_value(entry: &TableEntry) -> Option<WithheldValue> {
    match (entry.key.as_str(), &entry.value.kind) {
        ("url", ValueKind::Text(text)) if has_secret(text) => {
            Some(WithheldValue::Text(text.clone()))
        }
        ("command", ValueKind::List(values)) => {
            let words = values.iter().map(|value| match &value.kind {
                ValueKind::Text(word) => Some(word.clone()),
                _ => None,
            });
            let words: Vec<String> = words.collect::<Option<_>>()?;
            let has_secret = words.iter().any(|word| has_secret(word));
            has_secret.then_some(WithheldValue::Words(words))
        }
        _ => None,
    }
}

fn has_secret(text: &str) -> bool {
    matches!(without_secrets(text), Cow::Owned(_))
}

/// Returns `text` without the secrets of its addresses; owned only if there are any.
fn without_secrets(text: &str) -> Cow<'_, str> {
    if let Some(shown) = shown_address(text.trim()) {
        return shown.into();
    }
    let found = secret_addresses(text);
    if found.is_empty() {
        return text.into();
    }
    let shown = found.into_iter().map(|range| {
        let shown = shown_address(text.get(range.clone()).unwrap_or_default());
        (range, shown.unwrap_or_default())
    });
    apply_replacements(text, shown.collect()).into()
}

/// Returns the part that may be shown of an address with a secret; `None` for anything else.
fn shown_address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(MARK)?;
    // Its address is a path.
    if scheme == "sqlite" {
        return None;
    }
    if let Ok(url) = Url::parse(text) {
        return Some(hide_secrets(&url)).filter(|shown| shown != url.as_str());
    }
    // A password that contains `/` or `#` makes the address invalid.
    let (_, host) = rest.rsplit_once('@')?;
    Some(format!("{scheme}{MARK}{host}"))
}

/// Returns the ranges of addresses with secrets in a text.
fn secret_addresses(text: &str) -> Vec<Range<usize>> {
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | '`' | '<' | '>' | '\u{201c}' | '\u{201d}')
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    for (mark, _) in text.match_indices(MARK) {
        let (before, from) = text.split_at(mark);
        let scheme = before.len() - before.trim_end_matches(in_scheme).len();
        let start = mark - scheme;
        let end = mark + from.find(ends).unwrap_or(from.len());
        // An address within an address is a part of it.
        let within = found.last().is_some_and(|last| start < last.end);
        let address = text.get(start..end).unwrap_or_default();
        if !within && shown_address(address).is_some() {
            found.push(start..end);
        }
    }
    found
}

/// Returns a text in TOML notation.
fn toml_text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// Reads a value of `key` that was not kept with the configuration: the value itself, if the files still have it, or
/// else the secret to ask for.
pub(super) fn read_withheld(
    table: &ConfigTable,
    key: &'static str,
) -> Option<Result<WithheldValue, Secret>> {
    let known = table.file.known_secrets.as_ref()?;
    let ValueKind::Table(entries) = &table.peek_value(key)?.kind else {
        return None;
    };
    let text = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key)?;
        match &entry.value.kind {
            ValueKind::Text(text) => Some(text.clone()),
            _ => None,
        }
    };
    let (shown, hash) = (text(KEY)?, text(HASH)?);
    table.mark_known(key);
    Some(match known.0.get(&hash) {
        Some(withheld) => Ok(withheld.clone()),
        None => Err(Secret::NotKept {
            shown,
            file: table.file.shown.clone(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> ConfigFile {
        ConfigFile {
            shown: "a.toml".into(),
            path: "/etc/tidings/a.toml".into(),
            text: text.into(),
        }
    }

    fn check(text: &str, expected: &str) {
        let once = mask_secrets(&kept(text));
        assert_eq!(once, expected);
        assert_eq!(mask_secrets(&kept(&once)), expected, "masked twice");
    }

    #[test]
    fn texts_without_secrets_stay_as_they_are() {
        for text in [
            "[[source]]\nurl = \"HTTPS://Host.example/a?b=1\" # as found\n",
            "[[source]]\nurl = { env = \"FEED\" }\n",
            "[[source]]\nurl = 'a@b.txt'\ncommand = [\"./a\", \"--user\", \"ana\"]\n",
            "[site]\ncontact = \"ops@bulletins.example\"\n",
            "[store]\nurl = \"sqlite://a@b.db\"\n",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn no_login_and_no_key_is_kept() {
        let hash = |url: &str| Hash::digest(url.as_bytes()).to_string();
        let reference = |shown: &str, url: &str| {
            let hash = hash(url);
            format!("[[source]]\nurl = {{ not_kept = \"{shown}\", hash = \"{hash}\" }} # ok\n")
        };
        for (written, url, shown) in [
            (
                "\"https://ana:s3cret@host.example/a\"",
                "https://ana:s3cret@host.example/a",
                "https://host.example/a",
            ),
            (
                "'https://s3cret@host.example'",
                "https://s3cret@host.example/",
                "https://host.example/",
            ),
            (
                "\"\"\"https://host.example/a?b=1&Token=s3cret\"\"\"",
                "https://host.example/a?b=1&Token=s3cret",
                "https://host.example/a?b=1&Token=hidden",
            ),
            (
                "\"https:\\u002F/ana:s3 cret@host.example/\"",
                "https://ana:s3%20cret@host.example/",
                "https://host.example/",
            ),
        ] {
            let text = format!("[[source]]\nurl = {written} # ok\n");
            check(&text, &reference(shown, url));
        }
    }

    #[test]
    fn secrets_elsewhere_are_hidden_in_their_place() {
        check(
            "# was \"https://ana:s3cret@host.example/a\", then http://b.example/?key=s3cret\n",
            "# was \"https://host.example/a\", then http://b.example/?key=hidden\n",
        );
        check(
            "# https://ana:s3/cret@host.example/a\n",
            "# https://host.example/a\n",
        );
        check(
            "[a]\nb = [\"https://ana:s3cret@host.example/\", { c = 'http://d.example/?sig=s3cret' }]\n",
            "[a]\nb = [\"https://host.example/\", { c = \"http://d.example/?sig=hidden\" }]\n",
        );
    }

    #[test]
    fn a_program_with_a_secret_address_is_not_kept() {
        let text = "[[source]]\ncommand = [\"./a\", \"--from=https://ana:s3cret@host.example/\"]\n";
        let masked = mask_secrets(&kept(text));
        assert!(
            masked.starts_with("[[source]]\ncommand = { not_kept = \"./a …\", hash = \""),
            "{masked}"
        );
    }
}
