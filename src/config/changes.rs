//! Differences between two configurations as written, key by key.
//!
//! In: the files of both. Out: the keys of sections, sources and topics whose values differ, with secrets hidden. A
//! source's keys are those of its block, completed by the `[defaults]` of its file. Added and removed sources and
//! topics are reported elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use url::Url;

use super::diagnostic::DiagnosticCollector;
use super::file::{ConfigFile, ParsedFile, SpannedValue, TableEntry, ValueKind};
use super::include;
use super::withheld::{self, KnownSecrets, without_address_secrets};
use crate::model::hide_secrets;

/// The maximum number of characters shown of a value.
const SHOWN: usize = 120;
/// Keys that determine when a source is polled: a block that has one of them takes none of them from the defaults.
const CADENCE: [&str; 4] = ["every", "cron", "min_every", "max_every"];
/// Keys that take effect at the next start.
const AT_START: [(&str, Option<&str>); 4] = [
    ("server", Some("listen")),
    ("admin", None),
    ("store", Some("url")),
    ("publish", Some("dir")),
];
/// Parts of keys whose values are never shown.
const SECRET_KEYS: [&str; 8] = [
    "auth", "cookie", "header", "key", "password", "secret", "token", "webhook",
];
/// Keys that refer to a secret.
const REFERENCES: [&str; 3] = ["file", "env", "credential"];

/// A key whose value changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The section, source or topic of the key.
    pub of: SettingOwner,
    /// The key, with dots.
    pub key: String,
    /// Its old value, for people; `None` if it was not set.
    pub before: Option<String>,
    /// Its new value, for people; `None` if it is not set.
    pub after: Option<String>,
    /// True if the change requires a restart of the daemon.
    pub takes_restart: bool,
}

/// Something that has keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOwner {
    /// A section, `[name]`.
    Section(String),
    /// The source with this id.
    Source(String),
    /// The topic with this id.
    Topic(String),
}

impl fmt::Display for SettingChange {
    /// Shows `every: 1h -> 30m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unset = "(not set)";
        let before = self.before.as_deref().unwrap_or(unset);
        let after = self.after.as_deref().unwrap_or(unset);
        if before == after {
            // The difference is secret or too long.
            write!(f, "{}: another value than before", self.key)
        } else {
            write!(f, "{}: {before} -> {after}", self.key)
        }
    }
}

impl fmt::Display for SettingOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section(name) => write!(f, "[{name}]"),
            Self::Source(id) => write!(f, "source {id}"),
            Self::Topic(id) => write!(f, "topic {id}"),
        }
    }
}

/// Returns the keys that differ between `before` and `after`: sections first, then sources, then topics.
pub fn setting_changes(before: &[ConfigFile], after: &[ConfigFile]) -> Vec<SettingChange> {
    if before == after {
        return Vec::new();
    }
    // A kept configuration contains hashes instead of the secrets of its addresses.
    let (before, after) = (
        without_address_secrets(before),
        without_address_secrets(after),
    );
    let (mut before, after) = (
        WrittenSettings::from_files(&before),
        WrittenSettings::from_files(&after),
    );
    before.apply_renames(&after);
    let mut changes = Vec::new();
    let both = |of: &SettingOwner| {
        let is_section = matches!(of, SettingOwner::Section(_));
        is_section || before.keys.contains_key(of) && after.keys.contains_key(of)
    };
    let all: BTreeSet<&SettingOwner> = before.keys.keys().chain(after.keys.keys()).collect();
    let none = WrittenKeys::new();
    for of in all.into_iter().filter(|of| both(of)) {
        let was = before.keys.get(of).unwrap_or(&none);
        let now = after.keys.get(of).unwrap_or(&none);
        let keys: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
        for key in keys {
            let (was, now) = (was.get(key), now.get(key));
            if was.map(|value| &value.whole) == now.map(|value| &value.whole) {
                continue;
            }
            changes.push(SettingChange {
                of: of.clone(),
                key: key.clone(),
                before: was.map(|value| value.shown.clone()),
                after: now.map(|value| value.shown.clone()),
                takes_restart: takes_restart(of, key),
            });
        }
    }
    changes
}

fn takes_restart(of: &SettingOwner, key: &str) -> bool {
    let SettingOwner::Section(name) = of else {
        return false;
    };
    let first = key.split('.').next();
    AT_START
        .iter()
        .any(|(section, wanted)| section == name && (wanted.is_none() || *wanted == first))
}

/// A value, in the forms for comparison and for display.
#[derive(Clone)]
struct WrittenValue {
    whole: String,
    shown: String,
}

type WrittenKeys = BTreeMap<String, WrittenValue>;

/// The keys of all sections, sources and topics, with dots.
#[derive(Default)]
struct WrittenSettings {
    keys: BTreeMap<SettingOwner, WrittenKeys>,
    /// The former names of each.
    former: BTreeMap<SettingOwner, Vec<SettingOwner>>,
}

impl WrittenSettings {
    fn from_files(files: &[ConfigFile]) -> Self {
        let mut written = Self::default();
        for (number, file) in files.iter().enumerate() {
            // Their mistakes have been reported elsewhere.
            let file = ParsedFile::from_kept(
                number,
                file,
                &KnownSecrets::default(),
                &DiagnosticCollector::default(),
            );
            written.add_file(&file);
        }
        written
    }

    fn add_file(&mut self, file: &ParsedFile) {
        let table = |key: &str| file.entries.iter().find(|entry| entry.key == key);
        let defaults = table("defaults").map(|entry| keys_of(file, &entry.value));
        let defaults = defaults.unwrap_or_default();
        for entry in &file.entries {
            match (entry.key.as_str(), &entry.value.kind) {
                (include::KEY | "defaults", _) => {}
                ("source", ValueKind::List(blocks)) => {
                    for block in blocks {
                        self.add_block(file, block, SettingOwner::Source, &defaults);
                    }
                }
                ("topic", ValueKind::List(blocks)) => {
                    for block in blocks {
                        self.add_block(file, block, SettingOwner::Topic, &WrittenKeys::new());
                    }
                }
                (name, ValueKind::Table(_)) => {
                    let section = SettingOwner::Section(name.to_owned());
                    let keys = keys_of(file, &entry.value);
                    self.keys.entry(section).or_default().extend(keys);
                }
                (name, _) => {
                    let section = SettingOwner::Section(name.to_owned());
                    let value = written_value(file, name, &entry.value);
                    let keys = self.keys.entry(section).or_default();
                    keys.insert(format!("#{}", keys.len() + 1), value);
                }
            }
        }
    }

    fn add_block(
        &mut self,
        file: &ParsedFile,
        block: &SpannedValue,
        named: fn(String) -> SettingOwner,
        defaults: &WrittenKeys,
    ) {
        let ValueKind::Table(entries) = &block.kind else {
            return;
        };
        let Some(id) = entries.iter().find_map(text_of_id) else {
            return;
        };
        let mut keys = keys_of(file, block);
        keys.remove("id");
        let has_cadence = CADENCE.iter().any(|key| keys.contains_key(*key));
        for (key, value) in defaults {
            if !(has_cadence && CADENCE.contains(&key.as_str())) {
                keys.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let former = entries.iter().find(|entry| entry.key == "former");
        let former = former.map_or_else(Vec::new, |entry| list_texts(&entry.value));
        let of = named(id);
        self.former
            .insert(of.clone(), former.into_iter().map(named).collect());
        self.keys.insert(of, keys);
    }

    /// Renames sources and topics to the names that they have in `after`.
    fn apply_renames(&mut self, after: &Self) {
        for (now, former) in &after.former {
            if self.keys.contains_key(now) {
                continue;
            }
            let was = former.iter().find(|was| self.keys.contains_key(was));
            if let Some(keys) = was.and_then(|was| self.keys.remove(was)) {
                self.keys.insert(now.clone(), keys);
            }
        }
    }
}

fn text_of_id(entry: &TableEntry) -> Option<String> {
    match &entry.value.kind {
        ValueKind::Text(text) if entry.key == "id" => Some(text.clone()),
        _ => None,
    }
}

/// Returns the part that may be shown of a value that is not kept.
fn placeholder_text(entries: &[TableEntry]) -> Option<&str> {
    entries.iter().find_map(|entry| match &entry.value.kind {
        ValueKind::Text(text) if entry.key == withheld::KEY => Some(text.as_str()),
        _ => None,
    })
}

fn list_texts(value: &SpannedValue) -> Vec<String> {
    let ValueKind::List(values) = &value.kind else {
        return Vec::new();
    };
    let text = |value: &SpannedValue| match &value.kind {
        ValueKind::Text(text) => Some(text.clone()),
        _ => None,
    };
    values.iter().filter_map(text).collect()
}

/// Returns the keys of a table; those of nested tables are joined with dots.
fn keys_of(file: &ParsedFile, table: &SpannedValue) -> WrittenKeys {
    let mut keys = WrittenKeys::new();
    flatten_keys(file, "", table, &mut keys);
    keys
}

fn flatten_keys(file: &ParsedFile, prefix: &str, value: &SpannedValue, keys: &mut WrittenKeys) {
    match &value.kind {
        ValueKind::Table(entries) if prefix.is_empty() || !is_reference(entries) => {
            for entry in entries {
                let key = if prefix.is_empty() {
                    entry.key.clone()
                } else {
                    format!("{prefix}.{}", entry.key)
                };
                flatten_keys(file, &key, &entry.value, keys);
            }
        }
        _ => drop(keys.insert(prefix.to_owned(), written_value(file, prefix, value))),
    }
}

fn is_reference(entries: &[TableEntry]) -> bool {
    matches!(entries, [entry] if REFERENCES.contains(&entry.key.as_str()))
        || placeholder_text(entries).is_some()
}

fn written_value(file: &ParsedFile, key: &str, value: &SpannedValue) -> WrittenValue {
    let whole = format_value(file, value, &str::to_owned);
    let is_secret = key.split('.').any(is_secret_key);
    let shown = match &value.kind {
        ValueKind::Table(entries) if is_reference(entries) => {
            placeholder_text(entries).map_or_else(|| whole.clone(), str::to_owned)
        }
        // A program's arguments may carry credentials.
        ValueKind::List(words) if key == "command" => match words.as_slice() {
            [] => whole.clone(),
            [program] => format_value(file, program, &without_secrets),
            [program, ..] => format!("{} …", format_value(file, program, &without_secrets)),
        },
        _ if is_secret => "(hidden)".to_owned(),
        _ => format_value(file, value, &without_secrets),
    };
    WrittenValue {
        whole,
        shown: shorten_line(&shown),
    }
}

fn is_secret_key(part: &str) -> bool {
    SECRET_KEYS.iter().any(|secret| part.contains(secret))
}

fn without_secrets(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if hide_secrets(&url) != url.as_str() => hide_secrets(&url),
        _ => text.to_owned(),
    }
}

/// Returns a value as text: a text itself, other values in TOML notation.
fn format_value(file: &ParsedFile, value: &SpannedValue, shown: &dyn Fn(&str) -> String) -> String {
    let quoted = |value: &SpannedValue| match &value.kind {
        ValueKind::Text(text) => format!("{:?}", shown(text)),
        _ => format_value(file, value, shown),
    };
    match &value.kind {
        ValueKind::Text(text) => shown(text),
        ValueKind::List(values) => {
            let values: Vec<String> = values.iter().map(quoted).collect();
            format!("[{}]", values.join(", "))
        }
        ValueKind::Table(entries) => {
            let entry = |entry: &TableEntry| format!("{} = {}", entry.key, quoted(&entry.value));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        ValueKind::Integer(_) | ValueKind::Float | ValueKind::Boolean(_) | ValueKind::Date => {
            file.source_text(value).to_owned()
        }
    }
}

/// Returns the text on one line, limited in length.
fn shorten_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(SHOWN).map(shown).collect();
    if text.chars().nth(SHOWN).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ConfigFile {
        ConfigFile {
            shown: "a.toml".into(),
            path: "/a.toml".into(),
            text: text.into(),
        }
    }

    /// Checks one line per change, with `!` after those that require a restart.
    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let line = |change: &SettingChange| {
            let restart = if change.takes_restart { " !" } else { "" };
            format!("{} {change}{restart}", change.of)
        };
        let found = setting_changes(&[file(before)], &[file(after)]);
        assert_eq!(found.iter().map(line).collect::<Vec<_>>(), expected);
    }

    const A: &str = "[[source]]\nid = \"a\"\n";

    #[test]
    fn keys_of_a_source_are_compared_one_by_one() {
        check(
            &format!("{A}url = \"https://a.example/1\"\nselect.item = \"li\"\nrank = 5\n"),
            &format!("{A}url = \"https://a.example/2\"\nevery = \"30m\"\nselect.item = \"tr\"\n"),
            &[
                "source a every: (not set) -> 30m",
                "source a rank: 5 -> (not set)",
                "source a select.item: li -> tr",
                "source a url: https://a.example/1 -> https://a.example/2",
            ],
        );
        check(
            &format!("{A}# one\nrank=5"),
            &format!("{A}rank = 5 # two"),
            &[],
        );
        check(A, "[[source]]\nid = \"b\"\n", &[]);
    }

    #[test]
    fn defaults_are_those_of_the_sources_that_take_them() {
        let own = "[[source]]\nid = \"b\"\ncron = \"@daily\"\nlanguage = \"es\"\n";
        check(
            &format!("[defaults]\nevery = \"1h\"\nlanguage = \"en\"\n{A}{own}"),
            &format!("[defaults]\nevery = \"2h\"\nlanguage = \"fr\"\n{A}{own}"),
            &["source a every: 1h -> 2h", "source a language: en -> fr"],
        );
    }

    #[test]
    fn sections_say_what_takes_a_restart() {
        check(
            "[fetch]\ntimeout = \"30s\"\n[server]\nlisten = [\"127.0.0.1:1\"]\n[admin]\nlisten = []\n",
            "[fetch]\ntimeout = \"1m\"\n[server]\nlisten = [\"127.0.0.1:2\"]\ntrusted_proxies = [\"unix\"]\n[store]\nurl = \"sqlite:b\"\n",
            &[
                "[admin] listen: [] -> (not set) !",
                "[fetch] timeout: 30s -> 1m",
                "[server] listen: [\"127.0.0.1:1\"] -> [\"127.0.0.1:2\"] !",
                "[server] trusted_proxies: (not set) -> [\"unix\"]",
                "[store] url: (not set) -> sqlite:b !",
            ],
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        check(
            &format!("{A}url = \"https://ana:one@a.example/?token=s3cret\"\n"),
            &format!("{A}url = \"https://ana:two@a.example/?token=other\"\n"),
            &["source a url: another value than before"],
        );
        check(
            &format!("{A}url = {{ env = \"A\" }}\nheaders.Authorization = \"s3cret\"\n"),
            &format!("{A}url.credential = \"a\"\nheaders.Authorization = \"t0ken\"\n"),
            &[
                "source a headers.Authorization: another value than before",
                "source a url: { env = \"A\" } -> { credential = \"a\" }",
            ],
        );
        check(
            &format!("{A}command = [\"/bin/a\", \"--key\", \"s3cret\"]\n"),
            &format!("{A}command = [\"/bin/b\", \"--key\", \"s3cret\"]\n"),
            &["source a command: /bin/a … -> /bin/b …"],
        );
    }

    #[test]
    fn a_renamed_source_is_compared_with_what_it_was() {
        check(
            &format!("{A}rank = 1\n"),
            "[[source]]\nid = \"b\"\nformer = [\"a\"]\nrank = 2\n",
            &[
                "source b former: (not set) -> [\"a\"]",
                "source b rank: 1 -> 2",
            ],
        );
    }

    #[test]
    fn long_values_are_cut() {
        let query = |end: char| {
            format!(
                "[[topic]]\nid = \"t\"\nquery = \"{}{end}\"\n",
                "a".repeat(200)
            )
        };
        check(
            &query('b'),
            &query('c'),
            &["topic t query: another value than before"],
        );
    }
}
