//! The filter of the log: a level, or a level per module.
//!
//! In: text such as `info,tidings::fetch=debug`. Out: the text, checked: every level and every module exists.
//! An unknown word would silence everything, including errors.

use std::fmt;

/// The levels, the quietest first.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// This crate's modules, one per line.
const MODULES: &str = include_str!(concat!(env!("OUT_DIR"), "/modules.txt"));

/// The crates that this crate is built with, one per line.
const CRATES: &str = include_str!(concat!(env!("OUT_DIR"), "/crates.txt"));

/// A filter whose levels and modules all exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogFilter(String);

impl LogFilter {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parses a filter.
///
/// # Errors
/// Returns a message with the wrong part and a correction.
pub(super) fn parse_log_filter(text: &str) -> Result<LogFilter, String> {
    for directive in text.split(',').map(str::trim) {
        match directive.split_once('=') {
            Some((module, level)) => {
                check_module(module)?;
                check_level(level)?;
            }
            None if is_level(directive) => {}
            None if directive.contains("::") || directive == "tidings" => check_module(directive)?,
            None => check_level(directive)?,
        }
    }
    Ok(LogFilter(text.to_owned()))
}

fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}

fn check_level(word: &str) -> Result<(), String> {
    if is_level(word) {
        return Ok(());
    }
    let meant = nearest_hint(word, LEVELS.into_iter());
    Err(format!(
        "there is no level `{word}`{meant}; the levels are {}, alone or as MODULE=LEVEL",
        LEVELS.join(", ")
    ))
}

fn check_module(name: &str) -> Result<(), String> {
    let (first, _) = name.split_once("::").unwrap_or((name, ""));
    let is_ours = first == "tidings";
    let known = if is_ours {
        MODULES.lines().any(|module| module == name)
    } else {
        CRATES.lines().any(|known| known == first)
    };
    if known {
        return Ok(());
    }
    let meant = if is_ours || name.contains("::") {
        nearest_hint(name, MODULES.lines())
    } else {
        nearest_hint(name, MODULES.lines().chain(CRATES.lines()))
    };
    Err(format!(
        "there is no module `{name}`{meant}; modules are those of tidings, such as `tidings::fetch`, and the crates that it uses, such as `hyper`"
    ))
}

/// Returns `, did you mean …?` if one of `names` resembles `word`.
fn nearest_hint<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> String {
    let word = word.to_lowercase();
    let bound = (word.chars().count() / 3).max(1);
    let near = names
        .map(|name| (strsim::osa_distance(&word, name), name))
        .filter(|(distance, _)| *distance <= bound)
        .min();
    near.map_or(String::new(), |(_, name)| {
        format!(", did you mean `{name}`?")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_modules_that_are_there_are_taken() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,tidings::fetch=debug",
            "info, tidings::fetch::http=trace",
            "tidings",
            "tidings::daemon",
            "error,hyper_util=debug,hyper::proto=off",
        ] {
            assert_eq!(parse_log_filter(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn others_are_refused_with_what_was_meant() {
        let check = |text: &str, words: &[&str]| {
            let refused = parse_log_filter(text).unwrap_err();
            for word in words {
                assert!(refused.contains(word), "{text}: {refused}");
            }
        };
        let levels = "the levels are off, error, warn, info, debug, trace";
        check("verbose", &["no level `verbose`;", levels]);
        check(
            "waring",
            &["no level `waring`, did you mean `warn`?", levels],
        );
        check("", &["no level ``"]);
        check("info,", &["no level ``"]);
        check("2", &["no level `2`"]);
        check("info,tidings::fetch=loud", &["no level `loud`", levels]);
        check("tidings::fetch=", &["no level ``"]);
        check(
            "tidings::fecth=debug",
            &["no module `tidings::fecth`, did you mean `tidings::fetch`?"],
        );
        check("tidings::fetch::nothing", &["no module"]);
        check("tiding=debug", &["did you mean `tidings`?"]);
        check("fetch=debug", &["no module `fetch`"]);
        check("=debug", &["no module ``"]);
        check("tidings[span]=debug", &["no module `tidings[span]`"]);
    }
}
