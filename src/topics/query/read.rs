//! Parses tokens into a tree.

use std::str::FromStr;

use chrono::NaiveDate;

use super::doubt::{self, QueryWarning};
use super::token::{QueryToken, QueryTokenKind, tokenize_query};
use super::words::{is_unspaced, words_of};
use super::{ItemPart, Query, QueryWord, QueryWords};
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

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// The name before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryField {
    Part(ItemPart),
    Source,
    Lang,
    Country,
    Region,
    Topic,
    Before,
    After,
}

impl QueryField {
    const ALL: [Self; 11] = [
        Self::Part(ItemPart::Title),
        Self::Part(ItemPart::Summary),
        Self::Part(ItemPart::Author),
        Self::Part(ItemPart::Tag),
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
    pub(super) fn from_name(name: &str, column: usize) -> Result<Self, QueryError> {
        let lower = name.to_lowercase();
        if let Some(field) = Self::ALL.into_iter().find(|field| field.as_str() == lower) {
            return Ok(field);
        }
        let error = QueryError::new(column, format!("there is no field `{name}:`"));
        Err(match Self::find_nearest(&lower) {
            Some(field) => error.with_hint(format!("did you mean `{}:`?", field.as_str())),
            None => error.with_hint("put words with a colon in quotation marks"),
        })
    }

    /// Returns the field probably meant: it begins with `name`, or at most every third letter differs.
    fn find_nearest(name: &str) -> Option<Self> {
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
pub struct ParsedQuery {
    /// Its tree.
    pub query: Query,
    /// The positions of [`Query::leaves`], in characters from 1.
    pub columns: Vec<usize>,
    /// Warnings about common misunderstandings, in order.
    pub warnings: Vec<QueryWarning>,
}

pub(super) fn parse_query(text: &str) -> Result<ParsedQuery, QueryError> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        let message = format!("a query has at most {MAX_LENGTH} characters");
        return Err(QueryError::new(MAX_LENGTH + 1, message));
    }
    let tokens = tokenize_query(text)?;
    let mut reader = QueryParser {
        tokens: &tokens,
        next: 0,
        depth: 0,
        columns: Vec::new(),
        field: None,
        end: length + 1,
    };
    let query = reader.parse_alternatives()?;
    if let Some(token) = reader.peek() {
        let error = QueryError::new(token.column, "there is no `(` for this `)`");
        return Err(error.with_hint("take it out, or write the `(`"));
    }
    let warnings = doubt::find_warnings(&tokens, &query);
    Ok(ParsedQuery {
        query,
        columns: reader.columns,
        warnings,
    })
}

struct QueryParser<'a> {
    tokens: &'a [QueryToken],
    next: usize,
    depth: usize,
    /// The columns of the leaves read so far.
    columns: Vec<usize>,
    /// The field whose value is being read.
    field: Option<QueryField>,
    end: usize,
}

impl<'a> QueryParser<'a> {
    fn peek(&self) -> Option<&'a QueryToken> {
        self.tokens.get(self.next)
    }

    fn take_token(&mut self, kind: &QueryTokenKind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(found);
        found
    }

    fn parse_alternatives(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.parse_conjunction()?];
        while self.take_token(&QueryTokenKind::Or) {
            parts.push(self.parse_conjunction()?);
        }
        Ok(join_unless_single(parts, Query::Or))
    }

    fn parse_conjunction(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.parse_unary()?];
        loop {
            let joined = self.take_token(&QueryTokenKind::And);
            match self.peek().map(|token| &token.kind) {
                None | Some(QueryTokenKind::Or | QueryTokenKind::Close) if !joined => {
                    return Ok(join_unless_single(parts, Query::And));
                }
                _ => parts.push(self.parse_unary()?),
            }
        }
    }

    fn parse_unary(&mut self) -> Result<Query, QueryError> {
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
            .with_hint("put a word that is called so in quotation marks")
        };
        let query = match &token.kind {
            QueryTokenKind::Not => Query::Not(Box::new(self.parse_unary()?)),
            QueryTokenKind::Field(field) => self.parse_field(token.column, *field)?,
            QueryTokenKind::Open => {
                let inner = self.parse_alternatives()?;
                if !self.take_token(&QueryTokenKind::Close) {
                    let error = QueryError::new(token.column, "this `(` is never closed");
                    return Err(error.with_hint("write the `)` where the group ends"));
                }
                inner
            }
            QueryTokenKind::Bare(_) | QueryTokenKind::Quoted { .. } | QueryTokenKind::Regex(_) => {
                self.parse_term(token)?
            }
            QueryTokenKind::Close => return Err(missing(")")),
            QueryTokenKind::Or => return Err(missing("OR")),
            QueryTokenKind::And => return Err(missing("AND")),
        };
        self.depth -= 1;
        Ok(query)
    }

    /// Reads the text after a field: a value, or several in parentheses.
    fn parse_field(&mut self, column: usize, field: QueryField) -> Result<Query, QueryError> {
        let name = field.as_str();
        if let Some(outer) = self.field {
            let message = format!("`{name}:` stands within `{}:`", outer.as_str());
            return Err(
                QueryError::new(column, message).with_hint("close the parenthesis before it")
            );
        }
        let behind = column + name.chars().count() + 1;
        if self.peek().is_none_or(|token| token.column > behind) {
            let message = format!("there is nothing right behind `{name}:`");
            let hint = format!("write `{name}:{}`", field_example(field));
            return Err(QueryError::new(behind, message).with_hint(hint));
        }
        self.field = Some(field);
        let query = self.parse_unary();
        self.field = None;
        query
    }

    fn parse_term(&mut self, token: &QueryToken) -> Result<Query, QueryError> {
        self.columns.push(token.column);
        if self.columns.len() > MAX_TERMS {
            let message = format!("a query has at most {MAX_TERMS} words and fields");
            return Err(QueryError::new(token.column, message).with_hint("make it several queries"));
        }
        let part = match self.field {
            None => None,
            Some(QueryField::Part(part)) => Some(part),
            Some(field) => return parse_fact(field, token),
        };
        match &token.kind {
            QueryTokenKind::Regex(regex) => Ok(Query::Regex(part, regex.clone())),
            QueryTokenKind::Quoted { text, exact, apart } => {
                let column = token.column + 1 + usize::from(*exact);
                parse_phrase(part, column, text, *exact, *apart)
            }
            QueryTokenKind::Bare(text) => parse_phrase(part, token.column, text, false, None),
            _ => Err(QueryError::new(token.column, "a word is wanted here")),
        }
    }
}

fn join_unless_single(mut parts: Vec<Query>, join: impl FnOnce(Vec<Query>) -> Query) -> Query {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        // There may be ten thousand topics, and they stay in memory.
        parts.shrink_to_fit();
        join(parts)
    }
}

/// Splits text in the same way as items: `2019-2025` and `l'eau` are phrases.
fn parse_phrase(
    part: Option<ItemPart>,
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
        parse_chunk(here, chunk, exact, &mut words)?;
    }
    let beside = |word: Option<&QueryWord>| word == Some(&QueryWord::Any);
    if beside(words.first()) || beside(words.last()) {
        return Err(
            QueryError::new(column, "`*` stands for a word between two others")
                .with_hint("take it out, or put it behind the beginning of a word: migra*"),
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
        return Err(QueryError::new(column, message).with_hint("join several by AND"));
    }
    if apart.is_some() && (words.len() == 1 || words.contains(&QueryWord::Any)) {
        let message = "`~` wants a phrase of at least two words and no `*` among them";
        return Err(QueryError::new(column, message));
    }
    words.shrink_to_fit();
    Ok(Query::Words(QueryWords { part, words, apart }))
}

/// Returns the words of a text without spaces: a preceding `=` makes them exact, a following `*` makes the last one a
/// prefix.
fn parse_chunk(
    column: usize,
    chunk: &str,
    exact: bool,
    words: &mut Vec<QueryWord>,
) -> Result<(), QueryError> {
    let (column, chunk, exact) = match chunk.strip_prefix('=') {
        Some(rest) => (column + 1, rest, true),
        None => (column, chunk, exact),
    };
    if chunk == "*" {
        words.push(QueryWord::Any);
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
                .with_hint("write a regular expression: /migr\\w*nt/"),
        );
    }
    let form: fn(Box<str>) -> QueryWord = if exact {
        QueryWord::Exact
    } else {
        QueryWord::Inflected
    };
    words.extend(words_of(begin).map(|(_, word)| form(word.into())));
    if is_prefix {
        words.pop();
        words.push(parse_prefix(column, begin)?);
    }
    Ok(())
}

/// Reads the last word of a text, at its end, as a prefix.
fn parse_prefix(column: usize, text: &str) -> Result<QueryWord, QueryError> {
    let last = words_of(text).last();
    match last.filter(|(at, word)| at + word.len() == text.len()) {
        Some((_, word)) if is_long_enough(word) => Ok(QueryWord::Prefix(word.into())),
        Some(_) => Err(
            QueryError::new(column, "one letter and `*` would match almost every text")
                .with_hint("write more of the word"),
        ),
        None => {
            let column = column + text.chars().count();
            Err(
                QueryError::new(column, "`*` stands only at the end of a word")
                    .with_hint("write migra*"),
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
fn parse_fact(field: QueryField, token: &QueryToken) -> Result<Query, QueryError> {
    let name = field.as_str();
    let (QueryTokenKind::Bare(text)
    | QueryTokenKind::Quoted {
        text,
        exact: false,
        apart: None,
    }) = &token.kind
    else {
        let message = format!("`{name}:` takes one plain value");
        let hint = format!("write `{name}:{}`", field_example(field));
        return Err(QueryError::new(token.column, message).with_hint(hint));
    };
    let (query, wanted) = match field {
        QueryField::Source => (parse_value(text).map(Query::Source), "the id of a source"),
        QueryField::Topic => (parse_value(text).map(Query::Topic), "the id of a topic"),
        QueryField::Lang => (
            parse_value(text).map(Query::Language),
            "a language by its tag",
        ),
        QueryField::Country => {
            let country = parse_value::<Country>(text).map(Region::from);
            (
                country.map(Query::Region),
                "a country by its code of ISO 3166",
            )
        }
        QueryField::Region => (
            parse_value(text).map(Query::Region),
            "a region by its code of ISO 3166",
        ),
        QueryField::Before => (
            parse_day(text).map(Query::Before),
            "a day, a month or a year",
        ),
        QueryField::After => (
            parse_day(text).map(Query::After),
            "a day, a month or a year",
        ),
        QueryField::Part(_) => (None, "a field of facts"),
    };
    query.ok_or_else(|| {
        let error = QueryError::new(token.column, format!("`{text}` is not {wanted}"));
        match field {
            QueryField::Before | QueryField::After => error.with_hint(format!(
                "write `{name}:2021-06-28`, `{name}:2021-06` or `{name}:2021`; \
                 a time that moves with the clock would change feeds without any news"
            )),
            _ => error.with_hint(format!("write `{name}:{}`", field_example(field))),
        }
    })
}

fn parse_value<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn field_example(field: QueryField) -> &'static str {
    match field {
        QueryField::Part(_) => "flood` or `title:(flood OR storm)",
        QueryField::Source => "iom-mesoamerica",
        QueryField::Lang => "es",
        QueryField::Country => "MX",
        QueryField::Region => "MX-CHP",
        QueryField::Topic => "labour-migration",
        QueryField::Before | QueryField::After => "2021-06-28",
    }
}

/// Returns the first day of a year, a month or a day in ISO 8601 format.
fn parse_day(text: &str) -> Option<NaiveDate> {
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
