//! One file of the configuration: its text, its values with their byte ranges, and lines and columns for people.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::diagnostic::DiagnosticCollector;
use super::syntax;
use super::withheld::KnownSecrets;
use crate::model::ConfigPosition;

/// Tables nested deeper are cut off. No valid key is nested as deep, so they are refused by name further up.
const MAX_DEPTH: usize = 8;
/// Characters are counted in advance per block of this many bytes, so that a place is found in constant time even on
/// one long line.
const BLOCK: usize = 1024;

/// A value with its byte range.
pub(super) struct SpannedValue {
    pub(super) span: Range<usize>,
    pub(super) kind: ValueKind,
}

pub(super) enum ValueKind {
    Text(String),
    /// An integer. A number beyond 64 bits is clamped, which leaves it out of every valid range.
    Integer(i64),
    Float,
    Boolean(bool),
    Date,
    List(Vec<SpannedValue>),
    Table(Vec<TableEntry>),
}

impl ValueKind {
    /// Returns the name of its type, for people.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) | Self::Float => "a number",
            Self::Boolean(_) => "true or false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// A key with its byte position and its value.
pub(super) struct TableEntry {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) value: SpannedValue,
}

/// A configuration file as it was read: enough to read it again, even if the file has changed since.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its name in messages.
    pub shown: PathBuf,
    /// The absolute path.
    pub path: PathBuf,
    /// Its text, in which secrets are references, except those in addresses.
    pub text: Arc<str>,
}

/// Shows only the path, because the text may be long.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

/// A file that was read.
pub(super) struct ParsedFile {
    /// Its index in the order of inclusion.
    pub(super) number: usize,
    /// The path as the operator would write it.
    pub(super) shown: PathBuf,
    /// The absolute path.
    pub(super) path: PathBuf,
    pub(super) entries: Vec<TableEntry>,
    /// For a kept file: the known secrets that were left out of it.
    pub(super) known_secrets: Option<KnownSecrets>,
    text: Arc<str>,
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// The number of characters before each block.
    blocks: Vec<usize>,
}

impl ParsedFile {
    /// Parses `text` as TOML, as far as it is valid.
    pub(super) fn new(
        number: usize,
        shown: &Path,
        text: String,
        report: &DiagnosticCollector,
    ) -> Self {
        let mut file = Self {
            number,
            shown: shown.to_owned(),
            path: std::path::absolute(shown).unwrap_or_else(|_| shown.to_owned()),
            entries: Vec::new(),
            known_secrets: None,
            lines: line_starts(text.as_bytes()),
            blocks: characters_before_blocks(text.as_bytes()),
            text: text.into(),
        };
        let (tree, errors) = DeTable::parse_recoverable(&file.text);
        let errors = errors.iter().map(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (at, error.message())
        });
        let syntax = syntax::find_syntax_mistakes(&file.text, &errors.collect::<Vec<_>>());
        for found in syntax.found {
            report.report_syntax(&file, found.at, found.mistake);
        }
        file.entries = convert_entries(tree.into_inner(), 0);
        prune_entries(&mut file.entries, &syntax.torn);
        file
    }

    /// Reads a kept file under the paths that it had.
    pub(super) fn from_kept(
        number: usize,
        kept: &ConfigFile,
        secrets: &KnownSecrets,
        report: &DiagnosticCollector,
    ) -> Self {
        Self {
            path: kept.path.clone(),
            known_secrets: Some(secrets.clone()),
            ..Self::new(number, &kept.shown, kept.text.to_string(), report)
        }
    }

    /// Returns the file in the form to be kept.
    pub(super) fn to_config_file(&self) -> ConfigFile {
        ConfigFile {
            shown: self.shown.clone(),
            path: self.path.clone(),
            text: Arc::clone(&self.text),
        }
    }

    /// Returns the line and column of a byte; beyond the end, those of the end.
    pub(super) fn place_of_byte(&self, at: usize) -> ConfigPosition {
        let at = at.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[line - 1];
        ConfigPosition {
            file: self.shown.clone(),
            line,
            column: self.characters_before(at) - self.characters_before(start) + 1,
        }
    }

    /// Returns the byte at a place of this file: the inverse of [`Self::place`].
    pub(super) fn byte_of_place(&self, place: &ConfigPosition) -> usize {
        let start = self.lines.get(place.line.saturating_sub(1));
        let start = start.copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let mut characters = rest.char_indices().map(|(at, _)| at);
        let within = characters.nth(place.column.saturating_sub(1));
        start + within.unwrap_or(rest.len())
    }

    /// Returns the byte of the character in `column` (from 1) of `text`; `None` unless `value` contains it as written,
    /// without escapes.
    pub(super) fn byte_in_value(
        &self,
        value: &SpannedValue,
        text: &str,
        column: usize,
    ) -> Option<usize> {
        // A line break may follow three quotation marks (TOML 1.0, String).
        const MARKS: [(&str, &str); 6] = [
            ("\"\"\"\n", "\"\"\""),
            ("\"\"\"", "\"\"\""),
            ("'''\n", "'''"),
            ("'''", "'''"),
            ("\"", "\""),
            ("'", "'"),
        ];
        let written = self.source_text(value);
        let holds = |(open, close): &&(&str, &str)| {
            let inner = written.strip_prefix(open);
            inner.and_then(|inner| inner.strip_suffix(close)) == Some(text)
        };
        let (open, _) = MARKS.iter().find(holds)?;
        let mut characters = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let at = characters.nth(column.checked_sub(1)?)?;
        Some(value.span.start + open.len() + at)
    }

    /// Returns the whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the source text of a value.
    pub(super) fn source_text(&self, value: &SpannedValue) -> &str {
        self.text.get(value.span.clone()).unwrap_or_default()
    }

    /// Resolves a path in this file; relative paths start at the file.
    pub(super) fn resolve_path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.parent().unwrap_or(&self.path).join(path)
    }

    fn characters_before(&self, at: usize) -> usize {
        let block = at / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..at);
        self.blocks[block] + count_characters(rest.unwrap_or_default())
    }
}

fn line_starts(text: &[u8]) -> Vec<usize> {
    let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    [0].into_iter()
        .chain(newlines.map(|(at, _)| at + 1))
        .collect()
}

fn characters_before_blocks(text: &[u8]) -> Vec<usize> {
    let mut before = 0;
    let mut blocks = vec![before];
    for block in text.chunks(BLOCK) {
        before += count_characters(block);
        blocks.push(before);
    }
    blocks
}

/// Returns how many characters begin in these bytes of UTF-8.
fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Removes the keys within text that could not be parsed.
fn prune_entries(entries: &mut Vec<TableEntry>, torn: &[Range<usize>]) {
    if torn.is_empty() {
        return;
    }
    entries.retain_mut(|entry| {
        prune_value(&mut entry.value, torn);
        !torn.iter().any(|torn| torn.contains(&entry.at))
    });
}

fn prune_value(value: &mut SpannedValue, torn: &[Range<usize>]) {
    match &mut value.kind {
        ValueKind::Table(entries) => prune_entries(entries, torn),
        ValueKind::List(values) => values.iter_mut().for_each(|value| prune_value(value, torn)),
        _ => {}
    }
}

fn convert_entries(table: DeTable<'_>, depth: usize) -> Vec<TableEntry> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| TableEntry {
        at: key.span().start,
        key: std::borrow::Cow::into_owned(key.into_inner()),
        value: self::convert_value(value, depth),
    };
    table.into_iter().map(entry).collect()
}

fn convert_value(value: Spanned<DeValue<'_>>, depth: usize) -> SpannedValue {
    let span = value.span();
    let inner = depth + 1;
    let kind = match value.into_inner() {
        DeValue::String(text) => ValueKind::Text(text.into_owned()),
        DeValue::Integer(number) => ValueKind::Integer(convert_integer(&number)),
        DeValue::Float(_) => ValueKind::Float,
        DeValue::Boolean(flag) => ValueKind::Boolean(flag),
        DeValue::Datetime(_) => ValueKind::Date,
        DeValue::Array(_) if inner == MAX_DEPTH => ValueKind::List(Vec::new()),
        DeValue::Table(_) if inner == MAX_DEPTH => ValueKind::Table(Vec::new()),
        DeValue::Array(list) => ValueKind::List(
            list.into_iter()
                .map(|v| self::convert_value(v, inner))
                .collect(),
        ),
        DeValue::Table(table) => ValueKind::Table(convert_entries(table, inner)),
    };
    SpannedValue { span, kind }
}

fn convert_integer(number: &DeInteger<'_>) -> i64 {
    let nearest = if number.as_str().starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ParsedFile {
        ParsedFile::new(
            0,
            Path::new("a.toml"),
            text.to_owned(),
            &DiagnosticCollector::default(),
        )
    }

    fn check(text: &str, at: usize, expected: &str) {
        assert_eq!(
            file(text).place_of_byte(at).to_string(),
            format!("a.toml:{expected}")
        );
    }

    #[test]
    fn columns_are_characters() {
        check("", 0, "1:1");
        check("", 9, "1:1");
        check("a = 1\nb = 2\n", 6, "2:1");
        check("a = 1\nb = 2\n", 10, "2:5");
        check("# ñandú 日本\na = 1", "# ñandú 日本".len(), "1:11");
        check("a = 1\n", 6, "2:1");
    }

    #[test]
    fn a_long_line_has_columns_too() {
        let text = format!("#\n# {}x", "é".repeat(5 * BLOCK));
        check(&text, text.len() - 1, &format!("2:{}", 5 * BLOCK + 3));
    }

    fn within(text: &str, column: usize) -> Option<usize> {
        let file = file(text);
        let value = &file.entries[0].value;
        let ValueKind::Text(text) = &value.kind else {
            panic!("the case needs a text")
        };
        file.byte_in_value(value, text, column)
    }

    #[test]
    fn columns_of_plain_texts_are_columns_of_the_file() {
        assert_eq!(within("a = \"ñb\"", 1), Some(5));
        assert_eq!(within("a = \"ñb\"", 2), Some(7));
        assert_eq!(within("a = 'b'", 2), Some(6), "the closing quotation mark");
        assert_eq!(within("a = 'b'", 3), None);
        assert_eq!(within("a = ''", 1), Some(5));
        assert_eq!(within("a = \"\\tb\"", 1), None);
        assert_eq!(within("a = \"\"\"b\"\"\"", 1), Some(7));
        assert_eq!(within("a = '''\nb\nc'''", 3), Some(10));
        assert_eq!(within("a = \"\"\"\\\nb\"\"\"", 1), None);
    }

    #[test]
    fn deep_nesting_ends() {
        let path = ["a"; 79].join(".");
        let inner = format!("{{ {path} = ").repeat(79);
        let deep = file(&format!("{path} = {inner}1{}", "}".repeat(79)));
        let mut depth = 0;
        let mut entries = &deep.entries;
        while let Some(ValueKind::Table(inner)) = entries.first().map(|entry| &entry.value.kind) {
            depth += 1;
            entries = inner;
        }
        assert_eq!(depth, MAX_DEPTH);
    }
}
