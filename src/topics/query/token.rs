//! Splits text into tokens, each with its column.

use super::read::{QueryError, QueryField};
use super::regex::QueryRegex;

/// The maximum number of other words among those of `"…"~n`.
const MAX_APART: u8 = 100;
/// The maximum number of regular expressions in one query: each is tried on every text that the other conditions
/// accept.
const MAX_EXPRESSIONS: usize = 8;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum QueryTokenKind {
    /// Text without spaces.
    Bare(String),
    /// Text in quotation marks, with an optional `=` before and `~n` after it.
    Quoted {
        text: String,
        exact: bool,
        apart: Option<u8>,
    },
    Regex(QueryRegex),
    Field(QueryField),
    Or,
    And,
    Not,
    Open,
    Close,
}

#[derive(Clone, Debug)]
pub(super) struct QueryToken {
    /// The position, in characters from 1.
    pub(super) column: usize,
    pub(super) kind: QueryTokenKind,
}

pub(super) fn tokenize_query(text: &str) -> Result<Vec<QueryToken>, QueryError> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        expressions: 0,
    };
    let mut tokens = Vec::new();
    while let Some(first) = lexer.peek() {
        if first.is_whitespace() {
            lexer.at += 1;
            continue;
        }
        let column = lexer.at + 1;
        let kind = lexer.read_token(first)?;
        tokens.push(QueryToken { column, kind });
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    expressions: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn read_token(&mut self, first: char) -> Result<QueryTokenKind, QueryError> {
        let column = self.at + 1;
        match first {
            '(' => Ok(self.read_sign(QueryTokenKind::Open)),
            ')' => Ok(self.read_sign(QueryTokenKind::Close)),
            '-' | '\u{2212}' => Ok(self.read_sign(QueryTokenKind::Not)),
            '!' => Err(QueryError::new(column, "`!` is no operator")
                .with_hint("write `-` for NOT: -football")),
            '/' => self.read_regex(column),
            '=' if self.chars.get(self.at + 1).copied().is_some_and(is_quote) => {
                self.at += 1;
                self.read_quoted(self.at + 1, true)
            }
            c if is_quote(c) => self.read_quoted(column, false),
            _ => self.read_bare(column),
        }
    }

    fn read_sign(&mut self, kind: QueryTokenKind) -> QueryTokenKind {
        self.at += 1;
        kind
    }

    fn read_quoted(&mut self, column: usize, exact: bool) -> Result<QueryTokenKind, QueryError> {
        self.at += 1;
        let rest = &self.chars[self.at..];
        let Some(length) = rest.iter().position(|c| is_quote(*c)) else {
            return Err(QueryError::new(
                column,
                "this phrase has no closing quotation mark",
            ));
        };
        let text = rest[..length].iter().collect();
        self.at += length + 1;
        let apart = self.read_distance()?;
        Ok(QueryTokenKind::Quoted { text, exact, apart })
    }

    /// Reads the number of `~n`.
    fn read_distance(&mut self) -> Result<Option<u8>, QueryError> {
        if !self.take_if(|c| c == '~') {
            return Ok(None);
        }
        let column = self.at + 1;
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        match digits.parse() {
            Ok(apart) if apart <= MAX_APART => Ok(Some(apart)),
            _ => Err(QueryError::new(
                column,
                format!("`~` wants the number of other words among them, 0 to {MAX_APART}"),
            )
            .with_hint("write \"migrant worker\"~5")),
        }
    }

    /// Reads `/…/`; a slash within it is written `\/`.
    fn read_regex(&mut self, column: usize) -> Result<QueryTokenKind, QueryError> {
        self.at += 1;
        let mut source = String::new();
        loop {
            match (self.peek(), self.chars.get(self.at + 1)) {
                (None, _) => {
                    return Err(QueryError::new(
                        column,
                        "this regular expression has no closing `/`",
                    )
                    .with_hint("put words with a slash in quotation marks"));
                }
                (Some('/'), _) => break,
                (Some('\\'), Some('/')) => self.at += 1,
                (Some('\\'), Some(_)) => {
                    source.push('\\');
                    self.at += 1;
                }
                _ => {}
            }
            source.extend(self.peek());
            self.at += 1;
        }
        self.at += 1;
        self.expressions += 1;
        if self.expressions > MAX_EXPRESSIONS {
            let message = format!("a query has at most {MAX_EXPRESSIONS} regular expressions");
            return Err(QueryError::new(column, message));
        }
        match QueryRegex::new(&source) {
            Ok(regex) => Ok(QueryTokenKind::Regex(regex)),
            Err(message) => Err(QueryError::new(column, message)),
        }
    }

    fn read_bare(&mut self, column: usize) -> Result<QueryTokenKind, QueryError> {
        if let Some(field) = self.read_field(column)? {
            return Ok(QueryTokenKind::Field(field));
        }
        let mut word = String::new();
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')') || is_quote(c);
        while let Some(c) = self.peek().filter(|c| !ends(*c)) {
            if c == '~' {
                return Err(misplaced_distance(self.at + 1));
            }
            word.push(c);
            self.at += 1;
        }
        Ok(match word.as_str() {
            "OR" | "|" | "||" => QueryTokenKind::Or,
            "AND" | "&" | "&&" => QueryTokenKind::And,
            "NOT" => QueryTokenKind::Not,
            _ => QueryTokenKind::Bare(word),
        })
    }

    /// Reads a name of letters and a colon.
    fn read_field(&mut self, column: usize) -> Result<Option<QueryField>, QueryError> {
        let rest = &self.chars[self.at..];
        let length = rest.iter().take_while(|c| c.is_alphabetic()).count();
        if length == 0 || rest.get(length) != Some(&':') {
            return Ok(None);
        }
        let name: String = rest[..length].iter().collect();
        self.at += length + 1;
        QueryField::from_name(&name, column).map(Some)
    }
}

fn misplaced_distance(column: usize) -> QueryError {
    QueryError::new(column, "`~` stands right behind a phrase only")
        .with_hint("write \"migrant worker\"~5")
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}
