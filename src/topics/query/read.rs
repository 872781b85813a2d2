//! Parses tokens into a tree.

use std::str::FromStr;

use chrono::NaiveDate;

use super::doubt::{self, QueryWarning};
use super::token::{QueryTokenKind, Token, tokens};
use super::words::{is_unspaced, words_of};
use super::{Part, Query, Word, Words};
use crate::model::{Country, Region};

/// The longest query, in characters.
const MAX_LENGTH: usize = 4096;
/// The deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 64;
/// The maximum number of words and fields in a query.
const MAX_TERMS: usize = 1000;
/// The maximum number of words in a phrase.
const MAX_PHRASE: usize = 50;
/// The longest field name, in letters, that is compared with the known names.
const LONGEST_NAME: usize = 20;

/// The reason why a query cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The position, in characters from 1.
    pub column: usize,
    /// The mistake.
    pub message: String,
    /// A correction to suggest.
    pub hint: Option<String>,
}

impl QueryError {
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
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
}

/// The name before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Part(Part),
    Source,
    Lang,
    Country,
    Region,
    Topic,
    Before,
    After,
}

impl Field {
    const ALL: [Self; 11] = [
        Self::Part(Part::Title),
        Self::Part(Part::Summary),
        Self::Part(Part::Author),
        Self::Part(Part::Tag),
        Self::Source,
        Self::Lang,
        Self::Country,
        Self::Region,
        Self::Topic,
        Self::Before,
        Self::After,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Part(part) => part.as_str(),
            Self::Source => "source",
            Self::Lang => "lang",
            Self::Country => "country",
            Self::Region => "region",
            Self::Topic => "topic",
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// Returns the field with this name, in any case.
    pub(super) fn named(name: &str, column: usize) -> Result<Self, QueryError> {
        let lower = name.to_lowercase();
        if let Some(field) = Self::ALL.into_iter().find(|field| field.as_str() == lower) {
            return Ok(field);
        }
        let error = QueryError::new(column, format!("there is no field `{name}:`"));
        Err(match Self::nearest(&lower) {
            Some(field) => error.hint(format!("did you mean `{}:`?", field.as_str())),
            None => error.hint("put words with a colon in quotation marks"),
        })
    }

    /// Returns the field probably meant: it begins with `name`, or at most every third letter differs.
    fn nearest(name: &str) -> Option<Self> {
        let letters = name.chars().count();
        if !(2..=LONGEST_NAME).contains(&letters) {
            return None;
        }
        let fields = Self::ALL.into_iter();
        let distance = |field: Self| match field.as_str() {
            own if own.starts_with(name) || name.starts_with(own) => 0,
            own => strsim::osa_distance(name, own),
        };
        fields
            .map(|field| (distance(field), field))
            .filter(|(distance, _)| *distance <= (letters / 3).max(1))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, field)| field)
    }
}

/// A query that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadQuery {
    /// Its tree.
    pub query: Query,
    /// The positions of [`Query::leaves`], in characters from 1.
    pub columns: Vec<usize>,
    /// Warnings about common misunderstandings, in order.
    pub warnings: Vec<QueryWarning>,
}

pub(super) fn read(text: &str) -> Result<ReadQuery, QueryError> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        let message = format!("a query has at most {MAX_LENGTH} characters");
        return Err(QueryError::new(MAX_LENGTH + 1, message));
    }
    let tokens = tokens(text)?;
    let mut reader = Reader {
        tokens: &tokens,
        next: 0,
        depth: 0,
        columns: Vec::new(),
        field: None,
        end: length + 1,
    };
    let query = reader.alternatives()?;
    if let Some(token) = reader.peek() {
        let error = QueryError::new(token.column, "there is no `(` for this `)`");
        return Err(error.hint("take it out, or write the `(`"));
    }
    let warnings = doubt::warnings(&tokens, &query);
    Ok(ReadQuery {
        query,
        columns: reader.columns,
        warnings,
    })
}

struct Reader<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    /// The columns of the leaves read so far.
    columns: Vec<usize>,
    /// The field whose value is being read.
    field: Option<Field>,
    end: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, kind: &QueryTokenKind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.conjunction()?];
        while self.take(&QueryTokenKind::Or) {
            parts.push(self.conjunction()?);
        }
        Ok(one_or(parts, Query::Or))
    }

    fn conjunction(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.unary()?];
        loop {
            let joined = self.take(&QueryTokenKind::And);
            match self.peek().map(|token| &token.kind) {
                None | Some(QueryTokenKind::Or | QueryTokenKind::Close) if !joined => {
                    return Ok(one_or(parts, Query::And));
                }
                _ => parts.push(self.unary()?),
            }
        }
    }

    fn unary(&mut self) -> Result<Query, QueryError> {
        let Some(token) = self.peek() else {
            return Err(QueryError::new(self.end, "a word is missing at the end"));
        };
        self.next += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            return Err(QueryError::new(token.column, message));
        }
        let missing = |sign: &str| {
            QueryError::new(
                token.column,
                format!("a word is missing before this `{sign}`"),
            )
            .hint("put a word that is called so in quotation marks")
        };
        let query = match &token.kind {
            QueryTokenKind::Not => Query::Not(Box::new(self.unary()?)),
            QueryTokenKind::Field(field) => self.field(token.column, *field)?,
            QueryTokenKind::Open => {
                let inner = self.alternatives()?;
                if !self.take(&QueryTokenKind::Close) {
                    let error = QueryError::new(token.column, "this `(` is never closed");
                    return Err(error.hint("write the `)` where the group ends"));
                }
                inner
            }
            QueryTokenKind::Bare(_) | QueryTokenKind::Quoted { .. } | QueryTokenKind::Regex(_) => {
                self.term(token)?
            }
            QueryTokenKind::Close => return Err(missing(")")),
            QueryTokenKind::Or => return Err(missing("OR")),
            QueryTokenKind::And => return Err(missing("AND")),
        };
        self.depth -= 1;
        Ok(query)
    }

    /// Reads the text after a field: a value, or several in parentheses.
    fn field(&mut self, column: usize, field: Field) -> Result<Query, QueryError> {
        let name = field.as_str();
        if let Some(outer) = self.field {
            let message = format!("`{name}:` stands within `{}:`", outer.as_str());
            return Err(QueryError::new(column, message).hint("close the parenthesis before it"));
        }
        let behind = column + name.chars().count() + 1;
        if self.peek().is_none_or(|token| token.column > behind) {
            let message = format!("there is nothing right behind `{name}:`");
            let hint = format!("write `{name}:{}`", example(field));
            return Err(QueryError::new(behind, message).hint(hint));
        }
        self.field = Some(field);
        let query = self.unary();
        self.field = None;
        query
    }

    fn term(&mut self, token: &Token) -> Result<Query, QueryError> {
        self.columns.push(token.column);
        if self.columns.len() > MAX_TERMS {
            let message = format!("a query has at most {MAX_TERMS} words and fields");
            return Err(QueryError::new(token.column, message).hint("make it several queries"));
        }
        let part = match self.field {
            None => None,
            Some(Field::Part(part)) => Some(part),
            Some(field) => return fact(field, token),
        };
        match &token.kind {
            QueryTokenKind::Regex(regex) => Ok(Query::Regex(part, regex.clone())),
            QueryTokenKind::Quoted { text, exact, apart } => {
                let column = token.column + 1 + usize::from(*exact);
                phrase(part, column, text, *exact, *apart)
            }
            QueryTokenKind::Bare(text) => phrase(part, token.column, text, false, None),
            _ => Err(QueryError::new(token.column, "a word is wanted here")),
        }
    }
}

fn one_or(mut parts: Vec<Query>, join: impl FnOnce(Vec<Query>) -> Query) -> Query {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        // There may be ten thousand topics, and they stay in memory.
        parts.shrink_to_fit();
        join(parts)
    }
}

/// Splits text in the same way as items: `2019-2025` and `l'eau` are phrases.
fn phrase(
    part: Option<Part>,
    column: usize,
    text: &str,
    exact: bool,
    apart: Option<u8>,
) -> Result<Query, QueryError> {
    let mut words = Vec::new();
    let mut at = 0;
    for chunk in text.split(char::is_whitespace) {
        let here = column + at;
        at += chunk.chars().count() + 1;
        chunk_words(here, chunk, exact, &mut words)?;
    }
    let beside = |word: Option<&Word>| word == Some(&Word::Any);
    if beside(words.first()) || beside(words.last()) {
        return Err(
            QueryError::new(column, "`*` stands for a word between two others")
                .hint("take it out, or put it behind the beginning of a word: migra*"),
        );
    }
    if words.is_empty() {
        return Err(QueryError::new(
            column,
            "there is no letter or digit to look for",
        ));
    }
    if words.len() > MAX_PHRASE {
        let message = format!("a phrase has at most {MAX_PHRASE} words");
        return Err(QueryError::new(column, message).hint("join several by AND"));
    }
    if apart.is_some() && (words.len() == 1 || words.contains(&Word::Any)) {
        let message = "`~` wants a phrase of at least two words and no `*` among them";
        return Err(QueryError::new(column, message));
    }
    words.shrink_to_fit();
    Ok(Query::Words(Words { part, words, apart }))
}

/// Returns the words of a text without spaces: a preceding `=` makes them exact, a following `*` makes the last one a
/// prefix.
fn chunk_words(
    column: usize,
    chunk: &str,
    exact: bool,
    words: &mut Vec<Word>,
) -> Result<(), QueryError> {
    let (column, chunk, exact) = match chunk.strip_prefix('=') {
        Some(rest) => (column + 1, rest, true),
        None => (column, chunk, exact),
    };
    if chunk == "*" {
        words.push(Word::Any);
        return Ok(());
    }
    let (begin, is_prefix) = match chunk.strip_suffix('*') {
        Some(begin) => (begin, true),
        None => (chunk, false),
    };
    if let Some((before, _)) = begin.split_once('*') {
        let column = column + before.chars().count();
        return Err(
            QueryError::new(column, "`*` stands only at the end of a word")
                .hint("write a regular expression: /migr\\w*nt/"),
        );
    }
    let form: fn(Box<str>) -> Word = if exact { Word::Exact } else { Word::Inflected };
    words.extend(words_of(begin).map(|(_, word)| form(word.into())));
    if is_prefix {
        words.pop();
        words.push(prefix(column, begin)?);
    }
    Ok(())
}

/// Reads the last word of a text, at its end, as a prefix.
fn prefix(column: usize, text: &str) -> Result<Word, QueryError> {
    let last = words_of(text).last();
    match last.filter(|(at, word)| at + word.len() == text.len()) {
        Some((_, word)) if is_long_enough(word) => Ok(Word::Prefix(word.into())),
        Some(_) => Err(
            QueryError::new(column, "one letter and `*` would match almost every text")
                .hint("write more of the word"),
        ),
        None => {
            let column = column + text.chars().count();
            Err(
                QueryError::new(column, "`*` stands only at the end of a word")
                    .hint("write migra*"),
            )
        }
    }
}

/// Returns true if a prefix is long enough to distinguish words: two letters, or one that is itself a word.
fn is_long_enough(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.count() > 1 || word.starts_with(is_unspaced)
}

/// Reads a field that is not a text.
fn fact(field: Field, token: &Token) -> Result<Query, QueryError> {
    let name = field.as_str();
    let (QueryTokenKind::Bare(text)
    | QueryTokenKind::Quoted {
        text,
        exact: false,
        apart: None,
    }) = &token.kind
    else {
        let message = format!("`{name}:` takes one plain value");
        let hint = format!("write `{name}:{}`", example(field));
        return Err(QueryError::new(token.column, message).hint(hint));
    };
    let (query, wanted) = match field {
        Field::Source => (parsed(text).map(Query::Source), "the id of a source"),
        Field::Topic => (parsed(text).map(Query::Topic), "the id of a topic"),
        Field::Lang => (parsed(text).map(Query::Language), "a language by its tag"),
        Field::Country => {
            let country = parsed::<Country>(text).map(Region::from);
            (
                country.map(Query::Region),
                "a country by its code of ISO 3166",
            )
        }
        Field::Region => (
            parsed(text).map(Query::Region),
            "a region by its code of ISO 3166",
        ),
        Field::Before => (day(text).map(Query::Before), "a day, a month or a year"),
        Field::After => (day(text).map(Query::After), "a day, a month or a year"),
        Field::Part(_) => (None, "a field of facts"),
    };
    query.ok_or_else(|| {
        let error = QueryError::new(token.column, format!("`{text}` is not {wanted}"));
        match field {
            Field::Before | Field::After => error.hint(format!(
                "write `{name}:2021-06-28`, `{name}:2021-06` or `{name}:2021`; \
                 a time that moves with the clock would change feeds without any news"
            )),
            _ => error.hint(format!("write `{name}:{}`", example(field))),
        }
    })
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn example(field: Field) -> &'static str {
    match field {
        Field::Part(_) => "flood` or `title:(flood OR storm)",
        Field::Source => "iom-mesoamerica",
        Field::Lang => "es",
        Field::Country => "MX",
        Field::Region => "MX-CHP",
        Field::Topic => "labour-migration",
        Field::Before | Field::After => "2021-06-28",
    }
}

/// Returns the first day of a year, a month or a day in ISO 8601 format.
fn day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        Some(part.parse::<u32>().ok().filter(|_| plain))
    };
    let year = number(4)??;
    let month = number(2).unwrap_or(Some(1))?;
    let day = number(2).unwrap_or(Some(1))?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    (parts.next().is_none() && year > 0).then_some(date)
}
