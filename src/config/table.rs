//! Reads one table of the configuration key by key, and reports every key that was not asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::diagnostic::{DiagnosticCollector, Mistake};
use super::file::{self, ParsedFile, SpannedValue, ValueKind};
use super::{include, units};
use crate::model::{ConfigPosition, FormerName};

const TEXT: &str = "text in quotation marks";

/// The value of a key: its position, if the key is present, and its value, if it is valid. A mistake in it has been
/// reported.
#[derive(Clone, Debug)]
pub(super) struct ReadKey<T> {
    pub(super) at: Option<usize>,
    pub(super) value: Option<T>,
}

impl<T> Default for ReadKey<T> {
    fn default() -> Self {
        Self {
            at: None,
            value: None,
        }
    }
}

impl<T> ReadKey<T> {
    /// Returns true if it is present and invalid.
    pub(super) fn is_invalid(&self) -> bool {
        self.at.is_some() && self.value.is_none()
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> ReadKey<U> {
        ReadKey {
            at: self.at,
            value: self.value.map(change),
        }
    }

    /// Converts the value with `read`.
    pub(super) fn convert<U>(
        self,
        table: &ConfigTable,
        read: impl FnOnce(T) -> Result<U, Mistake>,
    ) -> ReadKey<U> {
        let read = |value| {
            let report = |mistake| table.report_mistake(self.at.unwrap_or(table.at), mistake);
            read(value).map_err(report).ok()
        };
        ReadKey {
            at: self.at,
            value: self.value.and_then(read),
        }
    }

    /// Returns this value if present, or else the default. An invalid value is not replaced by the default.
    pub(super) fn or_default_from(&self, default: &Self) -> Self
    where
        T: Clone,
    {
        if self.at.is_some() { self } else { default }.clone()
    }
}

fn misplaced_include() -> Mistake {
    Mistake::new(
        "`include` stands below a table, which makes it a key of that table: no file is included",
    )
    .hint("move the line to the top of the file, above the first `[table]`")
}

/// One table, with the set of keys asked for.
pub(super) struct ConfigTable<'a> {
    pub(super) file: &'a ParsedFile,
    pub(super) report: &'a DiagnosticCollector,
    pub(super) at: usize,
    /// The prefix of its keys in messages: `select.`.
    prefix: &'static str,
    entries: &'a [file::TableEntry],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> ConfigTable<'a> {
    /// Returns the keys outside of any section.
    pub(super) fn root(file: &'a ParsedFile, report: &'a DiagnosticCollector) -> Self {
        Self {
            file,
            report,
            at: 0,
            prefix: "",
            entries: &file.entries,
            asked: RefCell::default(),
        }
    }

    fn inner_table(&self, at: usize, entries: &'a [file::TableEntry]) -> Self {
        Self {
            at,
            entries,
            asked: RefCell::default(),
            ..*self
        }
    }

    /// Returns a table without keys, for an absent section.
    pub(super) fn empty_table(&self) -> Self {
        self.inner_table(0, &[])
    }

    /// Returns the place where the table begins.
    pub(super) fn place(&self) -> ConfigPosition {
        self.file.place_of_byte(self.at)
    }

    pub(super) fn report_mistake(&self, at: usize, mistake: Mistake) {
        self.report.report_mistake(self.file, at, mistake);
    }

    pub(super) fn report_warning(&self, at: usize, mistake: Mistake) {
        self.report.report_warning(self.file, at, mistake);
    }

    pub(super) fn report_missing_warning(&self, at: usize, mistake: Mistake) {
        self.report.report_missing_warning(self.file, at, mistake);
    }

    /// Reports a missing value, which may be in a file that could not be read.
    pub(super) fn report_missing(&self, at: usize, mistake: Mistake) {
        self.report.report_missing(self.file, at, mistake);
    }

    /// Requires `given`, the value of `key`.
    pub(super) fn require_key<T>(&self, key: &str, given: ReadKey<T>) -> ReadKey<T> {
        if given.at.is_none() {
            self.report_missing(self.at, Mistake::new(format!("`{key}` is missing")));
        }
        given
    }

    /// Adds the name of a `what` to those `taken`, and reports it if it is already there.
    pub(super) fn claim_name<K: Clone + Ord + fmt::Display>(
        &self,
        what: &str,
        taken: &mut BTreeMap<K, ConfigPosition>,
        id: &ReadKey<K>,
    ) {
        let (Some(at), Some(id)) = (id.at, &id.value) else {
            return;
        };
        match taken.entry(id.clone()) {
            Entry::Vacant(free) => drop(free.insert(self.file.place_of_byte(at))),
            Entry::Occupied(first) => {
                let message = format!("the {what} `{id}` stands already at {}", first.get());
                self.report_mistake(at, Mistake::new(message));
            }
        }
    }

    /// Adds the places to former names.
    pub(super) fn locate_former_names<T>(
        &self,
        given: ReadKey<Vec<(usize, T)>>,
    ) -> Vec<FormerName<T>> {
        let listed = given.value.unwrap_or_default().into_iter();
        let former = listed.map(|(at, was)| FormerName {
            was,
            place: self.file.place_of_byte(at),
        });
        former.collect()
    }

    /// Adds the former names of a `what` to those `taken`. Reports those that are already there, and those for which
    /// `in_use` returns a reason.
    pub(super) fn claim_former_names<K: Clone + Ord + fmt::Display>(
        &self,
        what: &str,
        taken: &mut BTreeMap<K, ConfigPosition>,
        former: &[FormerName<K>],
        in_use: impl Fn(&K) -> Option<String>,
    ) {
        for FormerName { was, place } in former {
            let taken_at = taken.get(was).cloned();
            let again = taken_at
                .map(|first| format!("the former {what} `{was}` stands already at {first}"));
            match again.or_else(|| in_use(was)) {
                Some(message) => {
                    let hint = "`former` lists names that are no longer used, each once";
                    self.report_mistake_at(place, Mistake::new(message).hint(hint));
                }
                None => drop(taken.insert(was.clone(), place.clone())),
            }
        }
    }

    /// Reports a mistake at a place of this table's file.
    fn report_mistake_at(&self, place: &ConfigPosition, mistake: Mistake) {
        self.report_mistake(self.file.byte_of_place(place), mistake);
    }

    /// Marks `key`, which has been read before, as known.
    pub(super) fn mark_known(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// Returns the value of `key` without marking it as known.
    pub(super) fn peek_value(&self, key: &str) -> Option<&'a SpannedValue> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    /// Returns the value of `key` and marks it as known.
    pub(super) fn take_value(&self, key: &'static str) -> Option<&'a SpannedValue> {
        self.mark_known(key);
        self.peek_value(key)
    }

    /// Reads the value of `key` with `read`.
    pub(super) fn read_value<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&'a SpannedValue) -> Result<T, Mistake>,
    ) -> ReadKey<T> {
        let value = self.take_value(key);
        let given = ReadKey {
            at: value.map(|value| value.span.start),
            value,
        };
        given.convert(self, read)
    }

    /// Reads a text with `parse`.
    pub(super) fn read_text<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Mistake>,
    ) -> ReadKey<T> {
        self.read_value(key, |value| match &value.kind {
            ValueKind::Text(text) => parse(text),
            other => Err(self.wrong_type_mistake(key, other, TEXT)),
        })
    }

    /// Reads a duration with `parse`.
    pub(super) fn read_duration(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<Duration, Mistake>,
    ) -> ReadKey<Duration> {
        self.read_value(key, |value| match &value.kind {
            ValueKind::Text(text) => parse(text),
            other => {
                let mistake = self.wrong_type_mistake(key, other, "a duration in quotation marks");
                Err(mistake.hint(units::duration_hint(self.file.source_text(value))))
            }
        })
    }

    /// Reads a number of bytes.
    pub(super) fn read_size(&self, key: &'static str) -> ReadKey<u64> {
        self.read_value(key, |value| match &value.kind {
            ValueKind::Text(text) => units::parse_size(text),
            other => {
                let mistake = self.wrong_type_mistake(key, other, "a size in quotation marks");
                Err(mistake.hint(units::SIZE_HINT))
            }
        })
    }

    /// Reads a whole number within `range`.
    pub(super) fn read_number<T: TryFrom<i64>>(
        &self,
        key: &'static str,
        range: RangeInclusive<i64>,
    ) -> ReadKey<T> {
        self.read_value(key, |value| {
            let ValueKind::Integer(number) = value.kind else {
                return Err(self.wrong_type_mistake(key, &value.kind, "a whole number"));
            };
            let fitting = T::try_from(number).ok().filter(|_| range.contains(&number));
            fitting.ok_or_else(|| {
                let (from, to) = range.into_inner();
                let written = self.file.source_text(value);
                let named = format!("{}{key}", self.prefix);
                Mistake::new(format!("`{named}` is {written}; {from} to {to} is wanted"))
            })
        })
    }

    /// Reads `true` or `false`.
    pub(super) fn read_flag(&self, key: &'static str) -> ReadKey<bool> {
        self.read_value(key, |value| match value.kind {
            ValueKind::Boolean(flag) => Ok(flag),
            ref other => Err(self.wrong_type_mistake(key, other, "`true` or `false`")),
        })
    }

    /// Reads a list of texts, each with its position; those that `parse` refuses are left out.
    pub(super) fn read_texts<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> ReadKey<Vec<(usize, T)>> {
        self.read_list(key, |_, text| parse(text))
    }

    /// Reads a list of texts; `read` receives the value as well.
    pub(super) fn read_list<T>(
        &self,
        key: &'static str,
        read: impl Fn(&'a SpannedValue, &str) -> Result<T, Mistake>,
    ) -> ReadKey<Vec<(usize, T)>> {
        let values = self.read_value(key, |value| match &value.kind {
            ValueKind::List(values) => Ok(values),
            other => Err(self.wrong_type_mistake(key, other, "a list")),
        });
        let mut list = Vec::new();
        for value in values.value.into_iter().flatten() {
            let at = value.span.start;
            let read = match &value.kind {
                ValueKind::Text(text) => read(value, text),
                other => Err(Mistake::new(format!(
                    "`{}{key}` holds {}; {TEXT} is wanted",
                    self.prefix,
                    other.type_name()
                ))),
            };
            match read {
                Ok(item) => list.push((at, item)),
                Err(mistake) => self.report_mistake(at, mistake),
            }
        }
        values.map(|_| list)
    }

    /// Reads a nested table.
    pub(super) fn read_table(&self, key: &'static str) -> ReadKey<ConfigTable<'a>> {
        self.read_value(key, |value| match &value.kind {
            ValueKind::Table(entries) => Ok(self.inner_table(value.span.start, entries)),
            other => Err(self.wrong_type_mistake(key, other, "a table")),
        })
    }

    /// Wraps a table that is used as a value.
    pub(super) fn nested_table(&self, value: &'a SpannedValue) -> Self {
        match &value.kind {
            ValueKind::Table(entries) => Self {
                prefix: "",
                ..self.inner_table(value.span.start, entries)
            },
            _ => self.inner_table(value.span.start, &[]),
        }
    }

    /// Reads a table that is usually written with dots: `select.item`.
    pub(super) fn read_dotted_table(
        &self,
        key: &'static str,
        prefix: &'static str,
    ) -> ReadKey<ConfigTable<'a>> {
        self.read_table(key)
            .map(|table| ConfigTable { prefix, ..table })
    }

    /// Reads the tables `[[key]]`.
    pub(super) fn read_tables(&self, key: &'static str) -> Vec<ConfigTable<'a>> {
        let Some(value) = self.take_value(key) else {
            return Vec::new();
        };
        if let ValueKind::Table(_) = value.kind {
            let mistake = Mistake::new(format!("`{key}` is one table; a list of them is wanted"));
            self.report_mistake(value.span.start, mistake.hint(format!("write `[[{key}]]`")));
        }
        let values = match &value.kind {
            ValueKind::List(values) => values.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let mut tables = Vec::new();
        for value in values {
            let at = value.span.start;
            match &value.kind {
                ValueKind::Table(entries) => tables.push(self.inner_table(at, entries)),
                other => self.report_mistake(at, self.wrong_type_mistake(key, other, "a table")),
            }
        }
        tables
    }

    /// Returns true if its keys precede all tables.
    fn is_top(&self) -> bool {
        std::ptr::eq(self.entries, self.file.entries.as_slice())
    }

    /// Returns the mistake of a `key` with a value of another type.
    pub(super) fn wrong_type_mistake(&self, key: &str, found: &ValueKind, wanted: &str) -> Mistake {
        Mistake::new(format!(
            "`{}{key}` is {}; {wanted} is wanted",
            self.prefix,
            found.type_name()
        ))
    }

    /// Refuses the keys that were not asked for; those in `later` are planned.
    pub(super) fn refuse_unknown_keys(&self, later: &[&str]) {
        let asked = self.asked.borrow();
        for entry in self.entries {
            let key = entry.key.as_str();
            if asked.contains(&key) {
                continue;
            }
            if key == include::KEY && !self.is_top() {
                self.report.mark_unreadable();
                self.report_mistake(entry.at, misplaced_include());
                continue;
            }
            let named = format!("{}{}", self.prefix, key.escape_debug());
            let mistake = if later.contains(&key) {
                Mistake::new(format!("`{named}` is not supported yet"))
            } else {
                Mistake::new(format!("unknown key `{named}`"))
                    .suggest_nearest(key, asked.iter().copied())
            };
            self.report_mistake(entry.at, mistake);
        }
    }
}
