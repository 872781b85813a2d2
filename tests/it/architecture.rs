//! Checks in the sources which modules use which others, and which may use the outside.
//!
//! The modules are in `src/lib.rs` in the order in which data move, and each names only those above it.
//! [`CAPABILITIES`] lists the capabilities of modules; a module that is not in a row does not have that capability.
//! Tests within the sources are skipped: they may use anything.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::support::read_text;

/// Paths that only some modules may name, and those modules. A row covers every path that contains its own: `tokio`
/// covers `tokio::sync::mpsc`.
///
/// To let a module do more, add it to a row, and say in `src/lib.rs` that it does.
const CAPABILITIES: &[(&str, &str)] = &[
    // (path, modules)
    ("rusqlite", "store"),
    ("reqwest", "fetch cli"),
    ("axum", "serve"),
    ("hyper", "serve"),
    ("tokio", "fetch store flow serve daemon cli"),
    ("std::fs", "config fetch store publish serve daemon cli"),
    ("std::env", "fetch daemon cli"),
    ("process::Command", "fetch"),
    ("SystemTime::now", ""),
    ("Utc::now", "flow"),
    ("Instant::now", "fetch serve daemon"),
    ("Local::now", ""),
    ("Timestamp::now", ""),
];

#[test]
fn no_module_names_a_later_one_or_does_what_it_may_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = modules(&read_text(&root.join("lib.rs")));
    assert!(modules.len() > 10, "src/lib.rs has lost its modules");
    let listed = CAPABILITIES
        .iter()
        .flat_map(|(_, modules)| modules.split(' ').filter(|name| !name.is_empty()));
    for listed in listed {
        assert!(
            modules.iter().any(|module| module == listed),
            "CAPABILITIES name `{listed}`, which src/lib.rs does not"
        );
    }
    let mut files = Vec::new();
    for module in &modules {
        let sole = root.join(format!("{module}.rs"));
        files.extend(sole.is_file().then_some(sole));
        find_sources(&root.join(module), &mut files);
    }
    assert!(files.len() > modules.len(), "the sources are elsewhere");
    let mut offences = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap();
        offences.extend(judge(&modules, name, &read_text(file)));
    }
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

/// Adds the sources in `folder`, except tests.
fn find_sources(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = folder.read_dir() else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if entry.is_dir() {
            find_sources(&entry, files);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
}

/// Returns the modules of a root, in order.
fn modules(root: &str) -> Vec<String> {
    let named = root.lines().filter_map(|line| {
        line.strip_prefix("pub ")
            .unwrap_or(line)
            .strip_prefix("mod ")
    });
    named
        .map(|name| name.trim_end_matches([';', ' ', '{']).to_owned())
        .collect()
}

/// Returns a line for each path in `source` that its module may not name. `file` is relative to the root.
fn judge(modules: &[String], file: &Path, source: &str) -> Vec<String> {
    let shown = file.display();
    let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap()).collect();
    let module = parts[0].trim_end_matches(".rs");
    let own = modules.iter().position(|name| name == module);
    let own = own.unwrap_or_else(|| panic!("{shown} is in no module of src/lib.rs"));
    // `a.rs` and `a/mod.rs` are one module below the root, `a/b.rs` two.
    let depth = parts.len() - usize::from(parts[parts.len() - 1] == "mod.rs");
    let mut found = Vec::new();
    find_paths(&tokens(source), depth, &mut found);
    let mut offences = Vec::new();
    for path in found {
        let (line, text) = (path.line, path.names.join("::"));
        let later = path.of_root().filter(|name| {
            let place = modules.iter().position(|module| module == name);
            *name == "*" || place.is_some_and(|place| place > own)
        });
        if let Some(later) = later {
            offences.push(format!(
                "src/{shown}:{line}: `{module}` names `{later}` ({text}), which stands below it in src/lib.rs"
            ));
        }
        for (forbidden, allowed) in CAPABILITIES {
            if path.holds(forbidden) && !allowed.split(' ').any(|name| name == module) {
                let who = if allowed.is_empty() {
                    "no module"
                } else {
                    allowed
                };
                offences.push(format!(
                    "src/{shown}:{line}: `{module}` names `{forbidden}` ({text}), which is for: {who}"
                ));
            }
        }
    }
    offences
}

/// A path of the source, one for each leaf of a `use`.
#[derive(Clone, Debug)]
struct FoundPath {
    names: Vec<String>,
    line: usize,
    /// The number of modules between the root and the path.
    depth: usize,
}

impl FoundPath {
    /// Returns the root's module that the path leads to, through `crate` or enough `super`s.
    fn of_root(&self) -> Option<&str> {
        let climbs = self
            .names
            .iter()
            .take_while(|name| *name == "super")
            .count();
        let start = match self.names[0].as_str() {
            "crate" => 1,
            _ if climbs == self.depth => climbs,
            _ => return None,
        };
        self.names.get(start).map(String::as_str)
    }

    /// Returns true if the path contains `path`.
    fn holds(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split("::").collect();
        self.names.windows(path.len()).any(|part| part == path)
    }
}

/// A token of Rust, as far as paths need it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A word and its line.
    Word(String, usize),
    /// `::` or one character.
    Punct(String),
    /// The tokens between brackets, with the opening one.
    Group(char, Vec<Token>),
}

/// Comments and literals first, then the rest of the tokens.
static LEXER: LazyLock<Regex> = LazyLock::new(|| {
    let comments = r"//[^\n]*|/\*.*?\*/";
    let strings = r###"[bc]?r"[^"]*"|[bc]?r#".*?"#|[bc]?r##".*?"##|[bc]?"(?:\\.|[^"\\])*""###;
    let characters = r"b?'(?:\\u\{\w+\}|\\x\w\w|\\.|[^'\\])'|'\w+";
    let tokens = r"(?<word>\w+)|(?<punct>::|\S)";
    Regex::new(&format!("(?s){comments}|{strings}|{characters}|{tokens}")).unwrap()
});

fn tokens(source: &str) -> Vec<Token> {
    // Each open bracket, with its tokens so far.
    let mut open = vec![(' ', Vec::new())];
    let line_ends: Vec<usize> = source.match_indices('\n').map(|(at, _)| at).collect();
    for found in LEXER.captures_iter(source) {
        let start = found.get(0).unwrap().start();
        let line = 1 + line_ends.partition_point(|end| *end < start);
        let token = match (found.name("word"), found.name("punct")) {
            (Some(word), _) => Token::Word(word.as_str().to_owned(), line),
            (_, Some(punct)) => match punct.as_str() {
                bracket @ ("(" | "[" | "{") => {
                    open.push((bracket.chars().next().unwrap(), Vec::new()));
                    continue;
                }
                ")" | "]" | "}" => {
                    let (bracket, inside) = open.pop().unwrap();
                    Token::Group(bracket, inside)
                }
                other => Token::Punct(other.to_owned()),
            },
            _ => continue,
        };
        let (_, innermost) = open.last_mut().expect("brackets are in pairs");
        innermost.push(token);
    }
    assert_eq!(open.len(), 1, "a bracket is left open: {source}");
    open.remove(0).1
}

/// Adds the paths in `tokens`, except those of `#[cfg(test)]` items.
fn find_paths(tokens: &[Token], depth: usize, found: &mut Vec<FoundPath>) {
    let mut rest = tokens;
    while let Some(token) = rest.first() {
        let taken = if is_test(rest) {
            item_length(rest)
        } else {
            match token {
                Token::Word(word, line) => {
                    if let ("mod", Some(Token::Group('{', body))) = (word.as_str(), rest.get(2)) {
                        find_paths(body, depth + 1, found);
                        3
                    } else {
                        let path = FoundPath {
                            names: Vec::new(),
                            line: *line,
                            depth,
                        };
                        follow(rest, path, found)
                    }
                }
                Token::Group(_, inside) => {
                    find_paths(inside, depth, found);
                    1
                }
                Token::Punct(_) => 1,
            }
        };
        rest = &rest[taken..];
    }
}

/// Adds the path that `tokens` begin with, appended to `path`; several if it branches. Returns the number of tokens
/// read.
fn follow(tokens: &[Token], mut path: FoundPath, found: &mut Vec<FoundPath>) -> usize {
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(Token::Word(name, line)) => {
                path.line = *line;
                path.names.push(name.clone());
            }
            Some(Token::Group('{', branches)) => {
                for branch in branches.split(|token| is_punct(token, ",")) {
                    follow(branch, path.clone(), found);
                }
                return at + 1;
            }
            Some(token) if is_punct(token, "*") && !path.names.is_empty() => {
                path.names.push("*".to_owned());
            }
            // The arguments of a generic type, or the end of an unfinished branch.
            _ => {
                found.extend((!path.names.is_empty()).then_some(path));
                return at.max(1);
            }
        }
        at += 1;
        if !tokens.get(at).is_some_and(|token| is_punct(token, "::")) {
            found.push(path);
            return at;
        }
        at += 1;
    }
}

/// Returns true if `tokens` begin with `#[cfg(test)]` or `#[test]`.
fn is_test(tokens: &[Token]) -> bool {
    let word =
        |token: &Token, wanted: &str| matches!(token, Token::Word(word, _) if word == wanted);
    let [mark, Token::Group('[', attribute), ..] = tokens else {
        return false;
    };
    is_punct(mark, "#")
        && match attribute.as_slice() {
            [only] => word(only, "test"),
            [name, Token::Group('(', of)] => {
                word(name, "cfg") && of.len() == 1 && word(&of[0], "test")
            }
            _ => false,
        }
}

/// Returns the number of tokens in the first item, including its attributes.
fn item_length(tokens: &[Token]) -> usize {
    let keyword = tokens.iter().find_map(|token| match token {
        Token::Word(word, _) if word != "pub" => Some(word.as_str()),
        _ => None,
    });
    // Braces do not end these items.
    let goes_on = matches!(keyword, Some("use" | "const" | "static"));
    let ends =
        |token: &Token| is_punct(token, ";") || !goes_on && matches!(token, Token::Group('{', _));
    let end = tokens.iter().position(ends);
    end.map_or(tokens.len(), |end| end + 1)
}

fn is_punct(token: &Token, wanted: &str) -> bool {
    matches!(token, Token::Punct(punct) if punct == wanted)
}

/// Checks the judgement on a made-up file in a crate of `model`, `dates`, `extract`, `store` and `daemon`.
#[track_caller]
fn check(file: &str, source: &str, expected: &[&str]) {
    let order = modules(
        "pub mod model;\npub mod dates;\npub mod extract;\npub mod store;\npub mod daemon;\n",
    );
    let offences = judge(&order, Path::new(file), source);
    let short = offences.iter().map(|line| line.split(" (").next().unwrap());
    assert_eq!(short.collect::<Vec<_>>(), expected, "{source}");
}

#[test]
fn a_later_module_is_found_wherever_it_is_named() {
    let store = |line| format!("src/extract/mod.rs:{line}: `extract` names `store`");
    check(
        "extract/mod.rs",
        "use crate::model::Item;\nuse crate::store::Poll;",
        &[&store(2)],
    );
    check(
        "extract/mod.rs",
        "use crate::{\n    model::{Item, Source},\n    store::{self, Poll},\n};",
        &[&store(3), &store(3)],
    );
    check(
        "extract/mod.rs",
        "fn f() -> Option<crate::store::Poll> { None }",
        &[&store(1)],
    );
    check(
        "extract/mod.rs",
        "fn f() { println!(\"{}\", crate::store::VERSION); }",
        &[&store(1)],
    );
    check(
        "extract/mod.rs",
        "use super::store;\nuse super::model;",
        &[&store(1)],
    );
    check(
        "extract/mod.rs",
        "use crate::*;",
        &["src/extract/mod.rs:1: `extract` names `*`"],
    );
    check(
        "dates.rs",
        "pub(in crate::extract) fn f() {}",
        &["src/dates.rs:1: `dates` names `extract`"],
    );
    // `super` reaches the root from there, and only from there.
    check("extract/html.rs", "use super::store;", &[]);
    check(
        "extract/html.rs",
        "mod a {\n    use super::super::super::store;\n}",
        &["src/extract/html.rs:2: `extract` names `store`"],
    );
    check(
        "extract/html.rs",
        "use super::{super::store, text};",
        &["src/extract/html.rs:1: `extract` names `store`"],
    );
}

#[test]
fn a_capability_is_found_wherever_it_is_used() {
    check(
        "dates.rs",
        "use std::{env, fs};",
        &[
            "src/dates.rs:1: `dates` names `std::env`",
            "src/dates.rs:1: `dates` names `std::fs`",
        ],
    );
    check(
        "dates.rs",
        "fn f() {\n    let now = chrono::Utc::now();\n}",
        &["src/dates.rs:2: `dates` names `Utc::now`"],
    );
    check(
        "extract/mod.rs",
        "fn f(c: &rusqlite::Connection) {}",
        &["src/extract/mod.rs:1: `extract` names `rusqlite`"],
    );
    check(
        "store.rs",
        "use rusqlite::Connection;\nuse tokio::sync::mpsc;",
        &[],
    );
    check(
        "store.rs",
        "use axum::Router;",
        &["src/store.rs:1: `store` names `axum`"],
    );
}

#[test]
fn words_and_tests_are_not_uses() {
    check(
        "dates.rs",
        "//! See [`crate::store`].\n/* rusqlite::Row */ const A: &str = \"crate::store::Poll\";",
        &[],
    );
    check(
        "dates.rs",
        "#[cfg(test)]\nmod tests {\n    use crate::store::Poll;\n}",
        &[],
    );
    check(
        "dates.rs",
        "#[cfg(test)]\nuse crate::store::{Poll, Store};\nuse crate::model::Item;",
        &[],
    );
    check(
        "dates.rs",
        "#[cfg(test)]\nmod tests;\nuse crate::store::Poll;",
        &["src/dates.rs:3: `dates` names `store`"],
    );
    let text = "const A: [char; 2] = ['\"', '\\'']; const B: &str = r#\" \" crate::store \"#; fn f<'a>(_: &'a u8) {}";
    check("dates.rs", text, &[]);
    check(
        "dates.rs",
        "fn f(tokio_like: u8) { self.axum_less(tokio_like) }",
        &[],
    );
}
