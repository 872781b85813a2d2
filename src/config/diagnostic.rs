//! Mistakes: what is wrong, where, and what to write instead; all of them, in order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::file::File;
use crate::model::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used.
    Mistake,
    /// It can, but may not mean what it says.
    Warning,
}

/// One mistake in the configuration, or one thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
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

/// A configuration that cannot be used, with every mistake and warning: by file in the order of inclusion, then by line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused(pub Vec<Diagnostic>);

impl Refused {
    /// The mistakes among them.
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

/// What is wrong with a value, by those who need not know where it stands.
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

    /// Asks whether one of `names` was meant by `word`, if one looks like it.
    pub(super) fn or_rather<'n>(self, word: &str, names: impl Iterator<Item = &'n str>) -> Self {
        match nearest(word, names) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

/// Text that becomes a type of its own, whose error says everything.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, Mistake> {
    text.parse()
        .map_err(|error: T::Err| Mistake::new(error.to_string()))
}

/// Names longer than this are not compared: nobody mistypes them.
const LONGEST_NAME: usize = 64;

/// The one of `names` that `word` was probably meant to be: at most every third letter wrong.
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
    /// Text that is no TOML.
    Syntax,
    /// A value that will not do.
    Wrong,
    /// Something that should be somewhere, and is nowhere that could be read.
    Absent,
    /// Something to look at.
    Warning,
    /// Something that `check` alone tells.
    Advice,
    /// Something that is nowhere and may be missed: where there are mistakes, they may be why.
    Lack,
}

struct Found {
    /// The number of its file and the byte in it: what diagnostics are sorted by.
    order: (usize, usize),
    nature: Nature,
    diagnostic: Diagnostic,
}

/// Collects what the parts of the reader find, in any order.
#[derive(Default)]
pub(super) struct Report {
    found: RefCell<Vec<Found>>,
    torn: Cell<bool>,
}

impl Report {
    pub(super) fn syntax(&self, file: &File, at: usize, mistake: Mistake) {
        self.torn();
        self.add(Nature::Syntax, file, at, mistake);
    }

    /// The whole file is in another encoding: what its text lacks may well be there.
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

    /// Some text could not be read: what is missing elsewhere may well stand there.
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
        self.found.borrow_mut().push(Found {
            order: (file.number, at),
            nature,
            diagnostic,
        });
    }

    /// The warnings, when nothing is wrong, and what `check` tells beside them.
    pub(super) fn finish(self) -> Result<Told, Refused> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|found| found.order);
        if self.torn.get() {
            found.retain(|found| found.nature != Nature::Absent);
        }
        once_a_torn_line(&mut found);
        // Defaults are read anew for every source that they serve.
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
        Ok(Told {
            warnings: diagnostics(warnings),
            advice: diagnostics(advice),
        })
    }
}

/// Findings that do not make a configuration unusable, but are probably unintended.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) advice: Vec<Diagnostic>,
}

fn diagnostics(found: Vec<Found>) -> Vec<Diagnostic> {
    found.into_iter().map(|found| found.diagnostic).collect()
}

/// Of a line that is no TOML, the first reason alone: what else seems wrong there comes of it.
fn once_a_torn_line(found: &mut Vec<Found>) {
    let line = |found: &Found| (found.order.0, found.diagnostic.place.line);
    let syntax = |found: &&Found| found.nature == Nature::Syntax;
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
