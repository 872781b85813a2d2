//! Mistakes: the problem, its place, and a correction; all of them, in order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::file::ParsedFile;
use crate::model::ConfigPosition;

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
    pub place: ConfigPosition,
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
pub struct InvalidConfig(pub Vec<Diagnostic>);

impl InvalidConfig {
    /// Returns the mistakes among them.
    pub fn mistakes(&self) -> Vec<&Diagnostic> {
        let mistakes = self.0.iter();
        mistakes
            .filter(|found| found.severity == Severity::Mistake)
            .collect()
    }
}

impl fmt::Display for InvalidConfig {
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
    pub(super) fn suggest_nearest<'n>(
        self,
        word: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Self {
        match nearest_name(word, names) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

/// Parses text into a type whose error describes the whole problem.
pub(super) fn parse_value<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, Mistake> {
    text.parse()
        .map_err(|error: T::Err| Mistake::new(error.to_string()))
}

/// Names longer than this are not compared, because they are not typing errors.
const LONGEST_NAME: usize = 64;

/// Returns the one of `names` that was probably meant by `word`: at most every third letter differs.
fn nearest_name<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
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
enum FindingKind {
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

struct ConfigFinding {
    /// The index of its file and the byte in it, by which diagnostics are sorted.
    order: (usize, usize),
    nature: FindingKind,
    diagnostic: Diagnostic,
}

/// Collects the findings of all parts of the reader, in any order.
#[derive(Default)]
pub(super) struct DiagnosticCollector {
    found: RefCell<Vec<ConfigFinding>>,
    torn: Cell<bool>,
}

impl DiagnosticCollector {
    pub(super) fn report_syntax(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.mark_unreadable();
        self.push_finding(FindingKind::Syntax, file, at, mistake);
    }

    /// Reports that the whole file is in another encoding. Values that appear missing may be in it.
    pub(super) fn report_encoding(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.report_syntax(file, at, mistake);
    }

    pub(super) fn report_advice(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.push_finding(FindingKind::Advice, file, at, mistake);
    }

    pub(super) fn report_mistake(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.push_finding(FindingKind::Wrong, file, at, mistake);
    }

    pub(super) fn report_missing(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.push_finding(FindingKind::Absent, file, at, mistake);
    }

    pub(super) fn report_warning(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.push_finding(FindingKind::Warning, file, at, mistake);
    }

    pub(super) fn report_missing_warning(&self, file: &ParsedFile, at: usize, mistake: Mistake) {
        self.push_finding(FindingKind::Lack, file, at, mistake);
    }

    /// Records that some text could not be read. Values missing elsewhere may be in it.
    pub(super) fn mark_unreadable(&self) {
        self.torn.set(true);
    }

    fn push_finding(&self, nature: FindingKind, file: &ParsedFile, at: usize, mistake: Mistake) {
        let severity = match nature {
            FindingKind::Warning | FindingKind::Advice | FindingKind::Lack => Severity::Warning,
            FindingKind::Syntax | FindingKind::Wrong | FindingKind::Absent => Severity::Mistake,
        };
        let diagnostic = Diagnostic {
            severity,
            place: file.place_of_byte(at),
            message: mistake.message,
            hint: mistake.hint,
        };
        self.found.borrow_mut().push(ConfigFinding {
            order: (file.number, at),
            nature,
            diagnostic,
        });
    }

    /// Returns the warnings if there are no mistakes, and the additional findings for `check`.
    pub(super) fn into_warnings(self) -> Result<ConfigWarnings, InvalidConfig> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|found| found.order);
        if self.torn.get() {
            found.retain(|found| found.nature != FindingKind::Absent);
        }
        dedup_torn_lines(&mut found);
        // Defaults are read again for every source that they apply to.
        found.dedup_by(|one, other| one.order == other.order && one.diagnostic == other.diagnostic);
        let usable = !found
            .iter()
            .any(|found| found.diagnostic.severity == Severity::Mistake);
        if !usable {
            found.retain(|found| !matches!(found.nature, FindingKind::Advice | FindingKind::Lack));
            return Err(InvalidConfig(collect_diagnostics(found)));
        }
        let (advice, warnings): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.nature == FindingKind::Advice);
        Ok(ConfigWarnings {
            warnings: collect_diagnostics(warnings),
            advice: collect_diagnostics(advice),
        })
    }
}

/// Findings that do not make a configuration unusable, but are probably unintended.
#[derive(Debug, Default)]
pub(super) struct ConfigWarnings {
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) advice: Vec<Diagnostic>,
}

fn collect_diagnostics(found: Vec<ConfigFinding>) -> Vec<Diagnostic> {
    found.into_iter().map(|found| found.diagnostic).collect()
}

/// Keeps only the first finding of a line that is not TOML, because the others follow from it.
fn dedup_torn_lines(found: &mut Vec<ConfigFinding>) {
    let line = |found: &ConfigFinding| (found.order.0, found.diagnostic.place.line);
    let syntax = |found: &&ConfigFinding| found.nature == FindingKind::Syntax;
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
            assert_eq!(nearest_name(word, names.into_iter()), meant, "{word}");
        };
        check("titel", Some("title"));
        check("time_zone", Some("timezone"));
        check("lang", None);
        check("", None);
        check(&"title".repeat(20), None);
    }
}
