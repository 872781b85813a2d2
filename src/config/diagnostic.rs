//! Mistakes: the problem, its place, and a correction; all of them, in order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::file::File;
use crate::model::Place;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used.
    Mistake,
    /// The configuration can be used, but may not mean what was intended.
    Warning,
}

/// A mistake in the configuration, or a point to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its severity.
    pub severity: Severity,
    /// Its place in the files.
    pub place: Place,
    /// The problem.
    pub message: String,
    /// A correction to suggest.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nature = match self.severity {
            Severity::Mistake => "",
            Severity::Warning => "warning: ",
        };
        write!(f, "{}: {nature}{}", self.place, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// A configuration that cannot be used, with every mistake and warning, by file in the order of inclusion, then by
/// line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused(pub Vec<Diagnostic>);

impl Refused {
    /// Returns the mistakes among them.
    pub fn mistakes(&self) -> Vec<&Diagnostic> {
        let mistakes = self.0.iter();
        mistakes
            .filter(|found| found.severity == Severity::Mistake)
            .collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A problem with a value, reported by code that does not know its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds a hint with the one of `names` that was probably meant by `word`, if any is similar.
    pub(super) fn or_rather<'n>(self, word: &str, names: impl Iterator<Item = &'n str>) -> Self {
        match nearest(word, names) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

/// Parses text into a type whose error describes the whole problem.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, Mistake> {
    text.parse()
        .map_err(|error: T::Err| Mistake::new(error.to_string()))
}

/// Names longer than this are not compared, because they are not typing errors.
const LONGEST_NAME: usize = 64;

/// Returns the one of `names` that was probably meant by `word`: at most every third letter differs.
fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if word.len() > LONGEST_NAME {
        return None;
    }
    let bound = (word.chars().count() / 3).max(1);
    names
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, name)| name)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// Text that is not TOML.
    Syntax,
    /// A value that is not accepted.
    Wrong,
    /// Something required that is missing from everything that could be read.
    Absent,
    /// A point to check.
    Warning,
    /// A finding that only `check` reports.
    Advice,
    /// Something missing that is only a warning. Dropped if there are mistakes, which may be the cause.
    Lack,
}

struct Finding {
    /// The index of its file and the byte in it, by which diagnostics are sorted.
    order: (usize, usize),
    nature: Nature,
    diagnostic: Diagnostic,
}

/// Collects the findings of all parts of the reader, in any order.
#[derive(Default)]
pub(super) struct Diagnostics {
    found: RefCell<Vec<Finding>>,
    torn: Cell<bool>,
}

impl Diagnostics {
    pub(super) fn syntax(&self, file: &File, at: usize, mistake: Mistake) {
        self.torn();
        self.add(Nature::Syntax, file, at, mistake);
    }

    /// Reports that the whole file is in another encoding. Values that appear missing may be in it.
    pub(super) fn encoding(&self, file: &File, at: usize, mistake: Mistake) {
        self.syntax(file, at, mistake);
    }

    pub(super) fn advise(&self, file: &File, at: usize, mistake: Mistake) {
        self.add(Nature::Advice, file, at, mistake);
    }

    pub(super) fn wrong(&self, file: &File, at: usize, mistake: Mistake) {
        self.add(Nature::Wrong, file, at, mistake);
    }

    pub(super) fn absent(&self, file: &File, at: usize, mistake: Mistake) {
        self.add(Nature::Absent, file, at, mistake);
    }

    pub(super) fn warn(&self, file: &File, at: usize, mistake: Mistake) {
        self.add(Nature::Warning, file, at, mistake);
    }

    pub(super) fn lack(&self, file: &File, at: usize, mistake: Mistake) {
        self.add(Nature::Lack, file, at, mistake);
    }

    /// Records that some text could not be read. Values missing elsewhere may be in it.
    pub(super) fn torn(&self) {
        self.torn.set(true);
    }

    fn add(&self, nature: Nature, file: &File, at: usize, mistake: Mistake) {
        let severity = match nature {
            Nature::Warning | Nature::Advice | Nature::Lack => Severity::Warning,
            Nature::Syntax | Nature::Wrong | Nature::Absent => Severity::Mistake,
        };
        let diagnostic = Diagnostic {
            severity,
            place: file.place(at),
            message: mistake.message,
            hint: mistake.hint,
        };
        self.found.borrow_mut().push(Finding {
            order: (file.number, at),
            nature,
            diagnostic,
        });
    }

    /// Returns the warnings if there are no mistakes, and the additional findings for `check`.
    pub(super) fn finish(self) -> Result<Warnings, Refused> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|found| found.order);
        if self.torn.get() {
            found.retain(|found| found.nature != Nature::Absent);
        }
        once_a_torn_line(&mut found);
        // Defaults are read again for every source that they apply to.
        found.dedup_by(|one, other| one.order == other.order && one.diagnostic == other.diagnostic);
        let usable = !found
            .iter()
            .any(|found| found.diagnostic.severity == Severity::Mistake);
        if !usable {
            found.retain(|found| !matches!(found.nature, Nature::Advice | Nature::Lack));
            return Err(Refused(diagnostics(found)));
        }
        let (advice, warnings): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.nature == Nature::Advice);
        Ok(Warnings {
            warnings: diagnostics(warnings),
            advice: diagnostics(advice),
        })
    }
}

/// Findings that do not make a configuration unusable, but are probably unintended.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) advice: Vec<Diagnostic>,
}

fn diagnostics(found: Vec<Finding>) -> Vec<Diagnostic> {
    found.into_iter().map(|found| found.diagnostic).collect()
}

/// Keeps only the first finding of a line that is not TOML, because the others follow from it.
fn once_a_torn_line(found: &mut Vec<Finding>) {
    let line = |found: &Finding| (found.order.0, found.diagnostic.place.line);
    let syntax = |found: &&Finding| found.nature == Nature::Syntax;
    let torn: BTreeSet<_> = found.iter().filter(syntax).map(line).collect();
    let mut told = BTreeSet::new();
    found.retain(|found| {
        !torn.contains(&line(found)) || (syntax(&found) && told.insert(line(found)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognized() {
        let names = ["title", "timezone", "language"];
        let check = |word: &str, meant: Option<&str>| {
            assert_eq!(nearest(word, names.into_iter()), meant, "{word}");
        };
        check("titel", Some("title"));
        check("time_zone", Some("timezone"));
        check("lang", None);
        check("", None);
        check(&"title".repeat(20), None);
    }
}
