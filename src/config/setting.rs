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

use super::diagnostic::{Diagnostic, Diagnostics};
use super::edit::{self, EditError};
use super::file::File;
use super::include::{self, Changed, MAX_FILE_BYTES};
use super::secret::Environment;
use super::source::{self, Surroundings};
use super::table::Table;
use super::{Config, Refused};
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
    pub fn text(argument: &str, key: &str, text: &str) -> Result<Self, SettingError> {
        Self::new(argument, key, Value::from(text))
    }

    /// Sets `key` to a list of texts, or to a single one.
    ///
    /// # Errors
    /// [`SettingError`]
    pub fn texts(argument: &str, key: &str, texts: &[&str]) -> Result<Self, SettingError> {
        match texts {
            [text] => Self::text(argument, key, text),
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
    pub fn sets(&self, key: &str) -> bool {
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
    #[error("{}", lines(.0))]
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

fn lines(mistakes: &[WrongSetting]) -> String {
    let lines: Vec<String> = mistakes.iter().map(WrongSetting::to_string).collect();
    lines.join("\n")
}

/// Returns a source that is not in any file and has no address, with `settings`; `zone` applies to its dates unless
/// they name one.
///
/// # Errors
/// [`SettingsError::Wrong`]
pub fn unconfigured(
    settings: &[Setting],
    zone: Tz,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Source, SettingsError> {
    let block = format!("[[source]]\nid = \"{UNNAMED}\"\nurl = \"{NOWHERE}\"\n");
    let changed = with(&block, UNNAMED, settings, &[]).map_err(|cause| SettingsError::File {
        file: "the command line".to_owned(),
        cause,
    })?;
    let read = alone(&changed.text, zone, environment);
    read.map_err(|refused| changed.wrong(settings, refused.0, None))
}

/// Reads the source of a text without its surroundings.
fn alone(text: &str, zone: Tz, environment: Environment<'_>) -> Result<Source, Refused> {
    let report = Diagnostics::default();
    let file = File::new(0, Path::new("command line"), text.to_owned(), &report);
    let tops = [Table::top(&file, &report)];
    let topics = BTreeMap::new();
    let around = Surroundings {
        topics: &topics,
        zone,
        environment,
    };
    let mut sources = source::read(&tops, &around);
    report.finish()?;
    Ok(sources.remove(0))
}

/// Returns the configuration of `config`, in which `source` has `settings` instead of the values in its block, and none
/// of the keys `without`.
///
/// # Errors
/// [`SettingsError`]
pub fn reconfigured(
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
    let bytes = include::contents(&path, MAX_FILE_BYTES).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|error| unread(std::io::Error::other(error)))?;
    let changed = with(&text, source.id.as_str(), settings, without).map_err(failed)?;
    let read = Changed {
        path: &path,
        text: &changed.text,
    };
    let read = super::load_changed(&config.file, &read, environment);
    read.map_err(|refused| changed.wrong(settings, refused.0, Some(&path)))
}

/// A text with settings inserted.
struct Set {
    text: String,
    /// The lines of each setting.
    lines: Vec<Range<usize>>,
}

impl Set {
    /// Converts the mistakes of a configuration that had none before.
    fn wrong(
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
fn with(text: &str, id: &str, settings: &[Setting], without: &[&str]) -> Result<Set, EditError> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Toml(error.message().to_owned()))?;
    let no_source = || EditError::NoSource(id.to_owned());
    let block = block(&mut document, id).ok_or_else(no_source)?;
    for key in without {
        block.remove(key);
    }
    for setting in settings {
        put(block, &setting.path, setting.value.clone());
    }
    let text = document.to_string();
    let lines = settings
        .iter()
        .map(|setting| lines_of(&text, id, &setting.path).unwrap_or_default())
        .collect();
    Ok(Set { text, lines })
}

fn block<'a>(document: &'a mut DocumentMut, id: &str) -> Option<&'a mut dyn TableLike> {
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
fn put(table: &mut dyn TableLike, path: &[String], value: Value) {
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
        put(inner, rest, value);
    }
}

/// Returns the lines, from 1, of the value at a path of keys.
fn lines_of(text: &str, id: &str, path: &[String]) -> Option<Range<usize>> {
    let document = Document::parse(text).ok()?;
    let block = edit::block(&document, id)?;
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
        let source = unconfigured(&settings(written), Tz::UTC, &|_| None);
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
            let set = with(text, "a", &settings, &["record"]).unwrap();
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
