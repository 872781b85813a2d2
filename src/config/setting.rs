//! Keys of a source that are set temporarily, as on the command line.
//!
//! In: keys and values, and the source's block, if it has one. Out: the source as if they were part of its block. The
//! same reader reads them, so that mistakes are reported in the same words, each with its argument.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use chrono_tz::Tz;
use toml_edit::{Document, DocumentMut, InlineTable, Item, Key, TableLike, Value};

use super::diagnostic::{Diagnostic, DiagnosticCollector};
use super::edit::{self, EditError};
use super::file::ParsedFile;
use super::include::{self, ChangedFile, MAX_FILE_BYTES};
use super::secret::EnvironmentLookup;
use super::source::{self, SourceContext};
use super::table::ConfigTable;
use super::{Config, InvalidConfig};
use crate::model::Source;

/// The id of a source that is not in any file.
const UNNAMED: &str = "preview";

/// The address of such a source, which is never fetched.
const NOWHERE: &str = "https://preview.invalid/";

/// The key that identifies a source.
const ID: &str = "id";

/// A key of a source with a temporary value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The command-line argument, for messages.
    argument: String,
    path: Vec<String>,
    value: Value,
}

/// The error for text that is not a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no `=`.
    #[error("KEY=VALUE is wanted")]
    NoValue,
    /// The key is malformed, as in `a..b`.
    #[error("`{0}` is no key")]
    Key(String),
    /// The key is `id`, which cannot be set.
    #[error("`id` says which source it is and cannot be set")]
    Id,
}

impl Setting {
    /// Sets `key` to a text, even if it looks like another type; `argument` is used in messages.
    ///
    /// # Errors
    /// [`SettingError`]
    pub fn from_text(argument: &str, key: &str, text: &str) -> Result<Self, SettingError> {
        Self::new(argument, key, Value::from(text))
    }

    /// Sets `key` to a list of texts, or to a single one.
    ///
    /// # Errors
    /// [`SettingError`]
    pub fn from_texts(argument: &str, key: &str, texts: &[&str]) -> Result<Self, SettingError> {
        match texts {
            [text] => Self::from_text(argument, key, text),
            texts => Self::new(argument, key, texts.iter().copied().collect()),
        }
    }

    /// Reads `KEY=VALUE`, in which VALUE is TOML, or else plain text.
    ///
    /// # Errors
    /// [`SettingError`]
    pub fn parse(argument: &str, written: &str) -> Result<Self, SettingError> {
        let (key, value) = written.split_once('=').ok_or(SettingError::NoValue)?;
        let value = value.trim();
        let value = value.parse().unwrap_or_else(|_| Value::from(value));
        Self::new(argument, key, value)
    }

    /// Returns true if it sets `key`, or anything within it.
    pub fn sets_key(&self, key: &str) -> bool {
        self.path.first().is_some_and(|first| first == key)
    }

    fn new(argument: &str, key: &str, value: Value) -> Result<Self, SettingError> {
        let wrong = || SettingError::Key(key.trim().to_owned());
        let path = Key::parse(key.trim()).map_err(|_| wrong())?;
        let path: Vec<String> = path.iter().map(|key| key.get().to_owned()).collect();
        if path == [ID] {
            return Err(SettingError::Id);
        }
        Ok(Self {
            argument: argument.to_owned(),
            path,
            value,
        })
    }
}

/// The error for settings that do not form a valid source.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The mistakes found by the configuration's reader.
    #[error("{}", format_mistakes(.0))]
    Wrong(Vec<WrongSetting>),
    /// The file of the source cannot be read or changed.
    #[error("{file}: {cause}")]
    File {
        /// Its name, for people.
        file: String,
        /// The problem.
        #[source]
        cause: EditError,
    },
}

/// One mistake in settings.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// The argument that contains it, if any.
    argument: Option<String>,
    message: String,
    hint: Option<String>,
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(argument) = &self.argument {
            write!(f, "{argument}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

fn format_mistakes(mistakes: &[WrongSetting]) -> String {
    let lines: Vec<String> = mistakes.iter().map(WrongSetting::to_string).collect();
    lines.join("\n")
}

/// Returns a source that is not in any file and has no address, with `settings`; `zone` applies to its dates unless
/// they name one.
///
/// # Errors
/// [`SettingsError::Wrong`]
pub fn source_from_settings(
    settings: &[Setting],
    zone: Tz,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Source, SettingsError> {
    let block = format!("[[source]]\nid = \"{UNNAMED}\"\nurl = \"{NOWHERE}\"\n");
    let changed =
        patch_text(&block, UNNAMED, settings, &[]).map_err(|cause| SettingsError::File {
            file: "the command line".to_owned(),
            cause,
        })?;
    let read = read_single_source(&changed.text, zone, environment);
    read.map_err(|refused| changed.settings_error(settings, refused.0, None))
}

/// Reads the source of a text without its surroundings.
fn read_single_source(
    text: &str,
    zone: Tz,
    environment: EnvironmentLookup<'_>,
) -> Result<Source, InvalidConfig> {
    let report = DiagnosticCollector::default();
    let file = ParsedFile::new(0, Path::new("command line"), text.to_owned(), &report);
    let tops = [ConfigTable::root(&file, &report)];
    let topics = BTreeMap::new();
    let around = SourceContext {
        topics: &topics,
        zone,
        environment,
    };
    let mut sources = source::read_sources(&tops, &around);
    report.into_warnings()?;
    Ok(sources.remove(0))
}

/// Returns the configuration of `config`, in which `source` has `settings` instead of the values in its block, and none
/// of the keys `without`.
///
/// # Errors
/// [`SettingsError`]
pub fn config_with_settings(
    config: &Config,
    source: &Source,
    settings: &[Setting],
    without: &[&str],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, SettingsError> {
    let file = &source.place.file;
    let failed = |cause| SettingsError::File {
        file: file.display().to_string(),
        cause,
    };
    let unread = |error: std::io::Error| failed(EditError::Unread(error.to_string()));
    let path = file.canonicalize().map_err(unread)?;
    let bytes = include::read_bounded_file(&path, MAX_FILE_BYTES).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|error| unread(std::io::Error::other(error)))?;
    let changed = patch_text(&text, source.id.as_str(), settings, without).map_err(failed)?;
    let read = ChangedFile {
        path: &path,
        text: &changed.text,
    };
    let read = super::load_changed(&config.file, &read, environment);
    read.map_err(|refused| changed.settings_error(settings, refused.0, Some(&path)))
}

/// A text with settings inserted.
struct PatchedText {
    text: String,
    /// The lines of each setting.
    lines: Vec<Range<usize>>,
}

impl PatchedText {
    /// Converts the mistakes of a configuration that had none before.
    fn settings_error(
        &self,
        settings: &[Setting],
        mistakes: Vec<Diagnostic>,
        file: Option<&Path>,
    ) -> SettingsError {
        let told = |mistake: Diagnostic| {
            let there = || mistake.place.file.canonicalize();
            let is_here = file.is_none_or(|file| there().is_ok_and(|there| there == file));
            let mut lines = self.lines.iter();
            let place = lines.position(|lines| is_here && lines.contains(&mistake.place.line));
            let setting = place.and_then(|place| settings.get(place));
            WrongSetting {
                argument: setting.map(|setting| setting.argument.clone()),
                message: mistake.message,
                hint: mistake.hint,
            }
        };
        SettingsError::Wrong(mistakes.into_iter().map(told).collect())
    }
}

/// Returns `text` with settings in the block of the source `id`, and without some of its keys.
fn patch_text(
    text: &str,
    id: &str,
    settings: &[Setting],
    without: &[&str],
) -> Result<PatchedText, EditError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Toml(error.message().to_owned()))?;
    let no_source = || EditError::NoSource(id.to_owned());
    let block = find_block_mut(&mut document, id).ok_or_else(no_source)?;
    for key in without {
        block.remove(key);
    }
    for setting in settings {
        set_path(block, &setting.path, setting.value.clone());
    }
    let text = document.to_string();
    let lines = settings
        .iter()
        .map(|setting| lines_of_key(&text, id, &setting.path).unwrap_or_default())
        .collect();
    Ok(PatchedText { text, lines })
}

fn find_block_mut<'a>(document: &'a mut DocumentMut, id: &str) -> Option<&'a mut dyn TableLike> {
    let has_id = |table: &dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    match document.get_mut("source")? {
        Item::ArrayOfTables(list) => {
            let mut tables = list.iter_mut();
            let found = tables.find(|table| has_id(*table));
            found.map(|table| table as &mut dyn TableLike)
        }
        Item::Value(Value::Array(list)) => {
            let mut tables = list.iter_mut().filter_map(Value::as_inline_table_mut);
            let found = tables.find(|table| has_id(*table));
            found.map(|table| table as &mut dyn TableLike)
        }
        _ => None,
    }
}

/// Sets a value at a path of keys, replacing any existing one.
fn set_path(table: &mut dyn TableLike, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.insert(first, Item::Value(value));
        return;
    }
    if table.get(first).is_none_or(|item| !item.is_table_like()) {
        let mut inner = InlineTable::new();
        inner.set_dotted(true);
        table.insert(first, Item::Value(Value::InlineTable(inner)));
    }
    if let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut) {
        set_path(inner, rest, value);
    }
}

/// Returns the lines, from 1, of the value at a path of keys.
fn lines_of_key(text: &str, id: &str, path: &[String]) -> Option<Range<usize>> {
    let document = Document::parse(text).ok()?;
    let block = edit::find_block(&document, id)?;
    let (first, rest) = path.split_first()?;
    let item = rest.iter().try_fold(block.table.get(first)?, |item, key| {
        item.as_table_like()?.get(key)
    })?;
    let span = item.span()?;
    let line = |at: usize| {
        text.get(..at)
            .map(|before| before.matches('\n').count() + 1)
    };
    Some(line(span.start)?..line(span.end)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(written: &[&str]) -> Vec<Setting> {
        let setting = |written: &&str| Setting::parse(&format!("--set {written}"), written);
        written
            .iter()
            .map(setting)
            .collect::<Result<_, _>>()
            .unwrap()
    }

    fn read(written: &[&str]) -> Result<Source, String> {
        let source = source_from_settings(&settings(written), Tz::UTC, &|_| None);
        source.map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_wrong(written: &[&str], expected: &str) {
        assert_eq!(read(written).unwrap_err(), expected);
    }

    #[test]
    fn any_key_of_a_source_is_set() {
        let source = read(&[
            "language=es",
            "rank = 5",
            "remove=[\".menu\"]",
            "select.item=.row",
            "select.title=[data-title] h3",
            "select.date={ before = \"h2\" }",
            "pages.last=2",
            "every=15m",
        ])
        .unwrap();
        assert_eq!(source.language.unwrap().as_str(), "es");
        assert_eq!((source.rank, source.remove.len()), (5, 1));
        assert_eq!(source.pages.unwrap().last, 2);
        let crate::model::Reading::Html(rules) = source.reading else {
            panic!("selectors are those of a page")
        };
        let places: Vec<String> = rules.places().map(|(_, css)| css.to_string()).collect();
        assert_eq!(places, [".row", "[data-title] h3", "{ before = \"h2\" }"]);
    }

    #[test]
    fn a_mistake_is_told_with_its_argument() {
        check_wrong(
            &["langage=es", "remove=.menu"],
            "--set langage=es: unknown key `langage`\n  hint: did you mean `language`?\n\
             --set remove=.menu: `remove` is text; a list is wanted",
        );
        check_wrong(
            &["select.item=.row"],
            "--set select.item=.row: `select.title` is missing",
        );
        check_wrong(
            &["select.item=\"\"\"\n.row\"\"\"", "select.title=h3 >"],
            "--set select.title=h3 >: `h3 >` is no CSS selector",
        );
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        let check = |written: &str, expected: SettingError| {
            assert_eq!(Setting::parse("", written).unwrap_err(), expected);
        };
        check("remove", SettingError::NoValue);
        check("select..item=a", SettingError::Key("select..item".into()));
        check("=a", SettingError::Key(String::new()));
        check("id=other", SettingError::Id);
    }

    #[test]
    fn a_block_keeps_what_is_not_set() {
        let check = |text: &str, expected: &str| {
            let settings = settings(&["select.title=h2", "rank=1", "detail.content=main"]);
            let set = patch_text(text, "a", &settings, &["record"]).unwrap();
            assert_eq!(set.text, expected);
        };
        check(
            "[[source]]\nid = \"a\" # the first\nselect.title = { find = \"h3\" }\nselect.item = \"li\"\nrecord = \"x\"\ndetail = true\n",
            "[[source]]\nid = \"a\" # the first\nselect.title = \"h2\"\nselect.item = \"li\"\ndetail.content = \"main\"\nrank = 1\n",
        );
        check(
            "source = [{ id = \"b\" }, { id = \"a\", rank = 3 }]\n",
            "source = [{ id = \"b\" }, { id = \"a\", rank = 1, select.title = \"h2\", detail.content = \"main\" }]\n",
        );
    }
}
