//! The query language of topics, read into a tree.
//!
//! Words, `"phrases"`, juxtaposition (AND), `OR`, `-` or `NOT`, `( )`, `country:MX`, `region:MX-CHP`. What a word matches is
//! decided in `classify`.

use std::fmt;

use super::{Country, Region};

/// The longest query, in characters.
const MAX_LENGTH: usize = 4096;
/// The deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 64;
/// Fields of the language that this version does not evaluate.
const FIELDS: [&str; 9] = [
    "title", "summary", "source", "lang", "author", "tag", "topic", "before", "after",
];

/// One word as written; folding and stemming depend on the item's language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word(String);

impl Word {
    /// The word as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A query's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The word occurs.
    Word(Word),
    /// The words follow one another.
    Phrase(Vec<Word>),
    /// The item is about the region, or a part of it.
    Region(Region),
    /// All hold.
    And(Vec<Query>),
    /// At least one holds.
    Or(Vec<Query>),
    /// It does not hold.
    Not(Box<Query>),
}

/// Why a query cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Where, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// A query that can be read but may not mean what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWarning {
    /// Where, in characters from 1.
    pub column: usize,
    /// What to look at.
    pub message: String,
}

impl Query {
    /// Reads a query, with warnings about what is often meant otherwise.
    ///
    /// # Errors
    /// [`QueryError`] with the column of the first mistake.
    pub fn read(text: &str) -> Result<(Self, Vec<QueryWarning>), QueryError> {
        if text.chars().count() > MAX_LENGTH {
            return Err(error(
                MAX_LENGTH,
                format!("a query has at most {MAX_LENGTH} characters"),
                None,
            ));
        }
        let tokens = tokens(text)?;
        let mut reader = Reader {
            tokens: &tokens,
            next: 0,
            depth: 0,
            end: text.chars().count() + 1,
        };
        let query = reader.alternatives()?;
        if let Some(token) = reader.peek() {
            return Err(error(
                token.column,
                "there is no `(` for this `)`".into(),
                None,
            ));
        }
        Ok((query, warnings(&tokens)))
    }
}

fn error(column: usize, message: String, hint: Option<&str>) -> QueryError {
    QueryError {
        column,
        message,
        hint: hint.map(str::to_owned),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word(String),
    Phrase(String),
    Region(Region),
    Or,
    And,
    Not,
    Open,
    Close,
}

#[derive(Clone, Debug)]
struct Token {
    column: usize,
    kind: Kind,
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let column = at + 1;
        at += 1;
        let kind = match c {
            _ if c.is_whitespace() => continue,
            '(' => Kind::Open,
            ')' => Kind::Close,
            '-' | '\u{2212}' => Kind::Not,
            '"' | '“' | '”' => {
                let close = chars[at..]
                    .iter()
                    .position(|c| matches!(c, '"' | '“' | '”'));
                let Some(length) = close else {
                    return Err(error(
                        column,
                        "this phrase has no closing quotation mark".into(),
                        None,
                    ));
                };
                let phrase = chars[at..at + length].iter().collect();
                at += length + 1;
                if chars.get(at) == Some(&'~') {
                    return Err(error(
                        at + 1,
                        "`\"…\"~n` is not supported yet".into(),
                        Some("a phrase without `~n`"),
                    ));
                }
                Kind::Phrase(phrase)
            }
            '=' => {
                return Err(error(
                    column,
                    "`=word` is not supported yet".into(),
                    Some("the word without `=`"),
                ));
            }
            '/' => {
                return Err(error(
                    column,
                    "`/regular expressions/` are not supported yet".into(),
                    None,
                ));
            }
            _ => {
                let rest = &chars[at - 1..];
                let length = rest
                    .iter()
                    .position(|c| c.is_whitespace() || "()\"“”".contains(*c))
                    .unwrap_or(rest.len());
                at += length - 1;
                word(column, rest[..length].iter().collect())?
            }
        };
        tokens.push(Token { column, kind });
    }
    Ok(tokens)
}

fn word(column: usize, word: String) -> Result<Kind, QueryError> {
    match word.as_str() {
        "OR" | "|" => return Ok(Kind::Or),
        "AND" | "&" => return Ok(Kind::And),
        "NOT" => return Ok(Kind::Not),
        _ => {}
    }
    if let Some((field, code)) = word.split_once(':') {
        let field = field.to_lowercase();
        if let Some(region) = region(column, &field, code)? {
            return Ok(Kind::Region(region));
        }
        return Err(if FIELDS.contains(&field.as_str()) {
            error(
                column,
                format!("the field `{field}:` is not supported yet"),
                Some("the word alone"),
            )
        } else {
            error(
                column,
                format!("there is no field `{field}:`"),
                Some("put words with a colon in quotation marks"),
            )
        });
    }
    if word.ends_with('*') {
        return Err(error(
            column,
            "`prefix*` is not supported yet".into(),
            Some("the word in its forms, joined by OR"),
        ));
    }
    Ok(Kind::Word(word))
}

/// The region that `country:` or `region:` names; `None` for another field.
fn region(column: usize, field: &str, code: &str) -> Result<Option<Region>, QueryError> {
    let (read, hint) = match field {
        "country" => (code.parse::<Country>().ok().map(Region::from), "country:MX"),
        "region" => (code.parse().ok(), "region:MX-CHP"),
        _ => return Ok(None),
    };
    let message = || format!("`{code}` is no {field} by its code of ISO 3166");
    read.map(Some)
        .ok_or_else(|| error(column, message(), Some(&format!("write `{hint}`"))))
}

struct Reader<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.conjunction()?];
        while self.take(&Kind::Or) {
            parts.push(self.conjunction()?);
        }
        Ok(one_or(parts, Query::Or))
    }

    fn conjunction(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.unary()?];
        loop {
            let joined = self.take(&Kind::And);
            match self.peek().map(|token| &token.kind) {
                None | Some(Kind::Or | Kind::Close) if !joined => {
                    return Ok(one_or(parts, Query::And));
                }
                _ => parts.push(self.unary()?),
            }
        }
    }

    fn unary(&mut self) -> Result<Query, QueryError> {
        let Some(token) = self.peek() else {
            return Err(error(self.end, "a word is missing at the end".into(), None));
        };
        self.next += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(
                token.column,
                format!("more than {MAX_DEPTH} levels of nesting"),
                None,
            ));
        }
        let query = match &token.kind {
            Kind::Not => Query::Not(Box::new(self.unary()?)),
            Kind::Open => {
                let inner = self.alternatives()?;
                if !self.take(&Kind::Close) {
                    return Err(error(token.column, "this `(` is never closed".into(), None));
                }
                inner
            }
            Kind::Word(text) | Kind::Phrase(text) => words(token.column, text)?,
            Kind::Region(region) => Query::Region(*region),
            Kind::Close => {
                return Err(error(
                    token.column,
                    "a word is missing before this `)`".into(),
                    None,
                ));
            }
            Kind::Or => {
                return Err(error(
                    token.column,
                    "a word is missing before this `OR`".into(),
                    None,
                ));
            }
            Kind::And => {
                return Err(error(
                    token.column,
                    "a word is missing before this `AND`".into(),
                    None,
                ));
            }
        };
        self.depth -= 1;
        Ok(query)
    }
}

fn one_or(mut parts: Vec<Query>, join: impl FnOnce(Vec<Query>) -> Query) -> Query {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        join(parts)
    }
}

/// Splits text as items are split: `2019-2025` and `l'eau` are phrases.
fn words(column: usize, text: &str) -> Result<Query, QueryError> {
    let mut words: Vec<Word> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| Word(word.to_owned()))
        .collect();
    match words.len() {
        0 => Err(error(
            column,
            "there is no letter or digit to look for".into(),
            None,
        )),
        1 => Ok(Query::Word(words.remove(0))),
        _ => Ok(Query::Phrase(words)),
    }
}

fn warnings(tokens: &[Token]) -> Vec<QueryWarning> {
    let mut found = Vec::new();
    for token in tokens {
        if let Kind::Word(word) = &token.kind
            && matches!(word.as_str(), "or" | "Or" | "and" | "And" | "not" | "Not")
        {
            let message = format!(
                "`{word}` is looked for as a word; the operator is written `{}`",
                word.to_uppercase()
            );
            found.push(QueryWarning {
                column: token.column,
                message,
            });
        }
    }
    let mut depth = 0_usize;
    let mut top = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Or | Kind::Not if depth == 0 => top.push(token),
            _ => {}
        }
    }
    if let Some(not) = top
        .iter()
        .find(|token| token.kind == Kind::Not)
        .filter(|_| top.iter().any(|t| t.kind == Kind::Or))
    {
        let message =
            "this belongs to its own side of `OR` only; use parentheses to say which is meant"
                .to_owned();
        found.push(QueryWarning {
            column: not.column,
            message,
        });
    }
    found
}

impl fmt::Display for Query {
    /// Writes a query that reads back as the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Query], by: &str| {
            f.write_str("(")?;
            for (n, part) in parts.iter().enumerate() {
                write!(f, "{}{part}", if n == 0 { "" } else { by })?;
            }
            f.write_str(")")
        };
        match self {
            Self::Word(word) => write!(f, "\"{}\"", word.0),
            Self::Phrase(words) => {
                let words: Vec<&str> = words.iter().map(Word::as_str).collect();
                write!(f, "\"{}\"", words.join(" "))
            }
            Self::Region(region) => write!(f, "region:{region}"),
            Self::And(parts) => joined(f, parts, " "),
            Self::Or(parts) => joined(f, parts, " OR "),
            Self::Not(inner) => write!(f, "-{inner}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, tree: &str) {
        let (query, _) = Query::read(text).expect("a query");
        assert_eq!(query.to_string(), tree, "{text}");
    }

    #[test]
    fn juxtaposition_binds_tighter_than_or() {
        check("a b OR c", r#"(("a" "b") OR "c")"#);
        check("a (b OR c) -d", r#"("a" ("b" OR "c") -"d")"#);
        check("a AND NOT b", r#"("a" -"b")"#);
        check(
            r#""labour migration" OR trabajador"#,
            r#"("labour migration" OR "trabajador")"#,
        );
        check("2019-2025 l'eau", r#"("2019 2025" "l eau")"#);
        check("a country:mx", r#"("a" region:MX)"#);
        check("Region:MX-CHP", "region:MX-CHP");
    }

    fn fails(text: &str, column: usize, message: &str) {
        let error = Query::read(text).unwrap_err();
        assert_eq!(
            (error.column, error.message.as_str()),
            (column, message),
            "{text}"
        );
    }

    #[test]
    fn mistakes_have_a_column() {
        fails("", 1, "a word is missing at the end");
        fails("a OR", 5, "a word is missing at the end");
        fails("ñ (b", 3, "this `(` is never closed");
        fails("a )", 3, "there is no `(` for this `)`");
        fails("a \"b", 3, "this phrase has no closing quotation mark");
        fails("OR a", 1, "a word is missing before this `OR`");
        fails("a ... b", 3, "there is no letter or digit to look for");
        fails("migra*", 1, "`prefix*` is not supported yet");
        fails(
            "a country:Mexico",
            3,
            "`Mexico` is no country by its code of ISO 3166",
        );
        fails(
            "country:MX-CHP",
            1,
            "`MX-CHP` is no country by its code of ISO 3166",
        );
        fails("region:", 1, "`` is no region by its code of ISO 3166");
        fails("a lang:es", 3, "the field `lang:` is not supported yet");
        fails("a contry:MX", 3, "there is no field `contry:`");
        fails("\"a b\"~5", 6, "`\"…\"~n` is not supported yet");
        fails(&"(".repeat(100), 65, "more than 64 levels of nesting");
    }

    #[test]
    fn likely_slips_are_warned_about() {
        let columns = |text: &str| -> Vec<usize> {
            Query::read(text)
                .expect("a query")
                .1
                .iter()
                .map(|w| w.column)
                .collect()
        };
        assert_eq!(columns("a or b"), [3]);
        assert_eq!(columns("a OR b -c"), [8]);
        assert_eq!(columns("(a OR b) -c"), Vec::<usize>::new());
    }

    fn trees() -> impl Strategy<Value = Query> {
        let word = "[a-zñé0-9]{1,6}".prop_map(|w| Query::Word(Word(w)));
        let phrase =
            prop::collection::vec("[a-z]{1,4}".prop_map(Word), 2..4).prop_map(Query::Phrase);
        let region = prop::sample::select(vec!["MX", "MX-CHP", "PA-8"])
            .prop_map(|code| Query::Region(code.parse().unwrap()));
        prop_oneof![word, phrase, region].prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Query::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Query::Or),
                inner.prop_map(|query| Query::Not(Box::new(query))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(query in trees()) {
            prop_assert_eq!(Query::read(&query.to_string()).expect("our own writing").0, query);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let read = Query::read(&text);
            prop_assert!(read.is_ok() || read.is_err_and(|error| error.column >= 1));
        }
    }
}
