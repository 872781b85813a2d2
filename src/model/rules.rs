//! The rules by which an operator finds entries in a document, and fields in an entry.
//!
//! Rules are the same for all kinds of documents; only the way to find a place in them differs: CSS selectors in pages
//! ([`Css`]), [`JsonPath`](super::JsonPath) in JSON, [`ElementPath`](super::ElementPath) in XML.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use regex::{Regex, RegexBuilder};
use scraper::Selector;

/// The memory limit of a compiled regular expression, far above the needs of an operator's patterns.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A field of an entry that rules fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Title.
    Title,
    /// Address.
    Link,
    /// Date of publication.
    Date,
    /// Date of last change.
    Updated,
    /// Day of the announced event.
    Event,
    /// Short text.
    Summary,
    /// Full text.
    Content,
    /// Authors, one per match.
    Author,
    /// Tags, one per match.
    Tag,
    /// The publisher's identifier.
    Guid,
    /// Address of a picture that represents the entry.
    Image,
    /// Addresses of attached files, one per match.
    Enclosure,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Title,
        Self::Link,
        Self::Date,
        Self::Updated,
        Self::Event,
        Self::Summary,
        Self::Content,
        Self::Author,
        Self::Tag,
        Self::Guid,
        Self::Image,
        Self::Enclosure,
    ];

    /// Returns the word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Link => "link",
            Self::Date => "date",
            Self::Updated => "updated",
            Self::Event => "event",
            Self::Summary => "summary",
            Self::Content => "content",
            Self::Author => "author",
            Self::Tag => "tag",
            Self::Guid => "guid",
            Self::Image => "image",
            Self::Enclosure => "enclosure",
        }
    }
}

impl FromStr for Field {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|field| field.as_str() == word)
            .ok_or(())
    }
}

/// The places to look for the value of a field; `L` finds places in the document.
#[derive(Clone, Debug)]
pub enum Find<L> {
    /// In each of these in order, up to the first that finds something.
    First(Vec<L>),
    /// In all of these, whose results are joined into one value.
    Joined {
        /// The parts of the value in order; each part is the first of its places that finds something.
        parts: Vec<Vec<L>>,
        /// The text between two parts.
        with: String,
    },
}

impl<L> Find<L> {
    /// Returns every place that is searched.
    pub fn places(&self) -> impl Iterator<Item = &L> {
        let parts = match self {
            Self::First(places) => std::slice::from_ref(places),
            Self::Joined { parts, .. } => parts.as_slice(),
        };
        parts.iter().flatten()
    }
}

impl<L> FromIterator<L> for Find<L> {
    fn from_iter<T: IntoIterator<Item = L>>(places: T) -> Self {
        Self::First(places.into_iter().collect())
    }
}

/// The rule that fills one field of an entry; `L` finds places in the document.
#[derive(Clone, Debug)]
pub struct Rule<L> {
    /// The places to look in.
    pub find: Find<L>,
    /// The pattern that extracts the value from the text found.
    pub pattern: Option<Pattern>,
    /// The value to use if nothing is found; always used if there is no place to look in.
    pub value: Option<String>,
}

impl<L> Rule<L> {
    /// Returns a rule that looks in one place.
    pub fn from_place(place: L) -> Self {
        Self {
            find: Find::First(vec![place]),
            pattern: None,
            value: None,
        }
    }
}

/// The rules of an entry's fields.
#[derive(Clone, Debug)]
pub struct Fields<L>(BTreeMap<Field, Rule<L>>);

impl<L> Default for Fields<L> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<L> FromIterator<(Field, Rule<L>)> for Fields<L> {
    fn from_iter<T: IntoIterator<Item = (Field, Rule<L>)>>(rules: T) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl<L> Fields<L> {
    /// Returns the rule of a field, if it has one.
    pub fn get(&self, field: Field) -> Option<&Rule<L>> {
        self.0.get(&field)
    }

    /// Returns every rule, in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Rule<L>)> {
        self.0.iter().map(|(field, rule)| (*field, rule))
    }

    /// Returns true if a pattern of any rule fills `field`, in addition to or instead of its own rule.
    pub fn is_filled_by_pattern(&self, field: Field) -> bool {
        let patterns = self.0.values().filter_map(|rule| rule.pattern.as_ref());
        patterns
            .flat_map(Pattern::named_fields)
            .any(|named| named == field)
    }
}

/// The rules of a document that contains a list.
#[derive(Clone, Debug)]
pub struct Rules<L> {
    /// The places of entries, one per match; the first of these that finds something decides.
    pub item: Vec<L>,
    /// The fields of each entry, looked up relative to it.
    pub fields: Fields<L>,
}

impl<L> Rules<L> {
    /// The key for the places of entries, used along with the names of fields.
    pub const ITEM: &str = "item";

    /// Returns every place that is searched, with its key in the configuration.
    pub fn places(&self) -> impl Iterator<Item = (&'static str, &L)> {
        let item = self.item.iter().map(|place| (Self::ITEM, place));
        let fields = self.fields.iter();
        item.chain(
            fields.flat_map(|(field, rule)| {
                rule.find.places().map(move |place| (field.as_str(), place))
            }),
        )
    }
}

/// A regular expression that extracts parts of a text. Groups named after fields (`(?<date>…)`) fill these; without
/// them, the first group, or else the whole match, is the field's own value.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Returns the fields that its groups name.
    pub fn named_fields(&self) -> impl Iterator<Item = Field> {
        let names = self.0.capture_names().flatten();
        names.filter_map(|name| name.parse().ok())
    }

    /// Returns the parts extracted from `text`, with the field that a group names; nothing if it does not match.
    pub fn extract_parts(&self, text: &str) -> Vec<(Option<Field>, String)> {
        let Some(found) = self.0.captures(text) else {
            return Vec::new();
        };
        let named: Vec<_> = self
            .0
            .capture_names()
            .flatten()
            .filter_map(|name| Some((Some(name.parse().ok()?), found.name(name)?.as_str().into())))
            .collect();
        if self.named_fields().next().is_some() {
            return named;
        }
        let own = found.get(1).or_else(|| found.get(0));
        own.map(|own| (None, own.as_str().to_owned()))
            .into_iter()
            .collect()
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let regex = compile_regex(text)?;
        let mut names = regex.capture_names().flatten();
        match names.find(|name| name.parse::<Field>().is_err()) {
            Some(name) => Err(PatternError::Group(name.to_owned())),
            None => Ok(Self(regex)),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0)
    }
}

/// The error for text that is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not a regular expression in the syntax of the `regex` crate, or one that is too large.
    #[error("this is no regular expression: {0}")]
    Syntax(String),
    /// A group that is not named after a field.
    #[error("the group `{0}` names no field")]
    Group(String),
}

fn compile_regex(text: &str) -> Result<Regex, PatternError> {
    build_regex(&mut RegexBuilder::new(text))
}

/// Compiles a pattern for whole texts: `^` and `$` match at lines.
pub(super) fn compile_lines_regex(text: &str) -> Result<Regex, PatternError> {
    build_regex(RegexBuilder::new(text).multi_line(true))
}

fn build_regex(builder: &mut RegexBuilder) -> Result<Regex, PatternError> {
    let compiled = builder.size_limit(MAX_PATTERN_BYTES).build();
    compiled.map_err(|error| {
        // The last line of the error names the mistake; the lines above point at it.
        let told = error.to_string();
        let line = told.lines().last().unwrap_or_default();
        PatternError::Syntax(line.trim_start_matches("error: ").to_owned())
    })
}

/// A replacement applied to a field before publication.
#[derive(Clone)]
pub struct Replacement {
    /// The field.
    pub field: Field,
    regex: Regex,
    with: String,
}

impl Replacement {
    /// Replaces every match of `pattern` in `field` by `with`, in which `$1` and `${name}` are groups of the match.
    ///
    /// # Errors
    /// [`PatternError::Syntax`]
    pub fn new(field: Field, pattern: &str, with: &str) -> Result<Self, PatternError> {
        Ok(Self {
            field,
            regex: compile_regex(pattern)?,
            with: with.to_owned(),
        })
    }

    /// Returns `text` with every match replaced, cut to at most `limit` bytes.
    pub fn apply(&self, text: &str, limit: usize) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut last = 0;
        for found in self.regex.captures_iter(text) {
            let whole = found.get_match();
            replaced.push_str(text.get(last..whole.start()).unwrap_or_default());
            found.expand(&self.with, &mut replaced);
            last = whole.end();
            if replaced.len() > limit {
                break;
            }
        }
        replaced.push_str(text.get(last..).unwrap_or_default());
        replaced.truncate(replaced.floor_char_boundary(limit));
        replaced
    }
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, regex, with } = self;
        write!(f, "{}: /{regex}/ -> {with:?}", field.as_str())
    }
}

/// A pattern that the addresses of wanted entries must match.
#[derive(Clone)]
pub struct AddressPattern(Regex);

impl AddressPattern {
    /// Returns true if it matches anywhere in `address`.
    pub fn matches(&self, address: &str) -> bool {
        self.0.is_match(address)
    }
}

impl FromStr for AddressPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        compile_regex(text).map(Self)
    }
}

impl fmt::Debug for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0)
    }
}

/// The part of the page that a CSS selector searches.
#[derive(Clone)]
pub enum Reach {
    /// The entry; or the page, when looking for the entries themselves.
    Within,
    /// The page before the entry: the last match that the entry belongs under.
    Before,
    /// The whole page.
    Page,
    /// The page: each match begins an entry, which extends over the siblings after it up to the next match, a sibling
    /// that this selector matches, or the end of the parent.
    Run(Option<Selector>),
}

/// A CSS selector, with the attribute to read instead of the text, if any: `h3 a@href`, `@id`, `:self`.
#[derive(Clone)]
pub struct Css {
    /// The elements to find; `None` is the entry itself.
    pub selector: Option<Selector>,
    /// The attribute to read.
    pub attribute: Option<String>,
    /// The part of the page to search.
    pub reach: Reach,
    /// True if the entry itself may match, as in `:self.urgent`.
    pub names_self: bool,
    written: String,
}

/// The error for text that is not a CSS selector with an optional attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CssError {
    /// Not CSS.
    #[error("`{0}` is no CSS selector")]
    Selector(String),
    /// `h3 a@`
    #[error("`{0}` names no attribute after `@`")]
    Attribute(String),
    /// `:self + p`
    #[error("`{0}` leaves the entry: `select.item = {{ from = … }}` makes one of several siblings")]
    Sibling(String),
}

/// The entry itself, as written in our selectors; CSS calls it `:scope`.
const SELF: &str = ":self";
const SCOPE: &str = ":scope";

impl Css {
    /// Returns the same selector with an attribute to read, if it names none.
    #[must_use]
    pub fn with_default_attribute(&self, name: &str) -> Self {
        let attribute = self.attribute.clone().or_else(|| Some(name.to_owned()));
        Self {
            attribute,
            ..self.clone()
        }
    }

    /// Returns the same selector, searching before the entry.
    #[must_use]
    pub fn before_entry(self) -> Self {
        self.with_reach("before", Reach::Before)
    }

    /// Returns the same selector, searching the whole page.
    #[must_use]
    pub fn in_page(self) -> Self {
        self.with_reach("page", Reach::Page)
    }

    /// Returns a selector for entries that begin at each match and end before the match of `until`.
    #[must_use]
    pub fn with_run(self, until: Option<Self>) -> Self {
        let end = until.as_ref().and_then(|css| css.selector.clone());
        let mut run = self.with_reach("from", Reach::Run(end));
        if let Some(until) = until {
            let inner = run.written.trim_end_matches(" }").to_owned();
            run.written = format!("{inner}, until = {:?} }}", until.written);
        }
        run
    }

    fn with_reach(self, key: &str, reach: Reach) -> Self {
        Self {
            written: format!("{{ {key} = {:?} }}", self.written),
            reach,
            ..self
        }
    }

    /// Returns true if it finds elements by a selector alone.
    pub fn names_elements(&self) -> bool {
        self.selector.is_some() && self.attribute.is_none() && !self.names_self
    }
}

impl FromStr for Css {
    type Err = CssError;

    fn from_str(text: &str) -> Result<Self, CssError> {
        let written = text.trim().to_owned();
        // An `@` within `[href="mailto:a@b"]` is part of the selector.
        let (css, attribute) = match written.rsplit_once('@') {
            Some((css, name)) if !name.contains([']', '"', '\'']) => (css.trim(), Some(name)),
            _ => (written.as_str(), None),
        };
        let named = |name: &str| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c))
                && !name.is_empty()
        };
        if attribute.is_some_and(|name| !named(name)) {
            return Err(CssError::Attribute(written));
        }
        let scoped = replace_self(css);
        let selector = match &*scoped {
            "" if attribute.is_some() => None,
            SCOPE => None,
            scoped => {
                Some(Selector::parse(scoped).map_err(|_| CssError::Selector(css.to_owned()))?)
            }
        };
        if leaves_the_entry(&scoped) {
            return Err(CssError::Sibling(written));
        }
        Ok(Self {
            names_self: selector.is_none() || scoped.contains(SCOPE),
            selector,
            attribute: attribute.map(str::to_ascii_lowercase),
            reach: Reach::Within,
            written,
        })
    }
}

/// Returns a selector with `:scope` for `:self`, leaving quoted texts unchanged.
fn replace_self(css: &str) -> String {
    let mut scoped = String::with_capacity(css.len());
    let mut quote = None;
    let mut rest = css;
    while let Some(next) = rest.chars().next() {
        let behind = rest.strip_prefix(SELF).filter(|_| quote.is_none());
        if let Some(behind) = behind.filter(|behind| !behind.starts_with(is_name_char)) {
            scoped.push_str(SCOPE);
            rest = behind;
            continue;
        }
        match quote {
            None if matches!(next, '"' | '\'') => quote = Some(next),
            Some(open) if open == next => quote = None,
            _ => {}
        }
        scoped.push(next);
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    scoped
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Returns true if a selector looks at the siblings of the entry, which may be other entries.
fn leaves_the_entry(scoped: &str) -> bool {
    let mut behind = scoped.split(SCOPE).skip(1);
    behind.any(|behind| behind.trim_start().starts_with(['+', '~']))
}

impl fmt::Debug for Css {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.written)
    }
}

impl fmt::Display for Css {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read() {
        let rule: Css = "h3 a@HREF".parse().expect("a rule");
        assert_eq!(
            (rule.selector.is_some(), rule.attribute.as_deref()),
            (true, Some("href"))
        );
        let own: Css = "@data-date".parse().expect("a rule");
        assert_eq!(
            (own.selector.is_some(), own.attribute.as_deref()),
            (false, Some("data-date"))
        );
        let mail: Css = "a[href*='@']".parse().expect("a rule");
        assert_eq!(mail.attribute, None);
        assert_eq!(
            "h3 >".parse::<Css>().unwrap_err(),
            CssError::Selector("h3 >".into())
        );
        assert_eq!(
            "h3@".parse::<Css>().unwrap_err(),
            CssError::Attribute("h3@".into())
        );
        assert_eq!(
            "".parse::<Css>().unwrap_err(),
            CssError::Selector(String::new())
        );
    }

    #[test]
    fn a_pattern_takes_the_match_its_group_or_the_fields_it_names() {
        let check = |pattern: &str, text: &str, expected: &[(Option<Field>, &str)]| {
            let cut = pattern
                .parse::<Pattern>()
                .expect("a pattern")
                .extract_parts(text);
            let cut: Vec<_> = cut
                .iter()
                .map(|(field, text)| (*field, text.as_str()))
                .collect();
            assert_eq!(cut, expected, "{pattern}");
        };
        check(r"\d+", "no. 41", &[(None, "41")]);
        check(r"no\. (\d+)", "no. 41", &[(None, "41")]);
        check(r"no\. (\d+)", "none", &[]);
        check(
            r"^(?<date>\S+) - (?<title>.+)$",
            "3/4/2021 - Notice",
            &[
                (Some(Field::Date), "3/4/2021"),
                (Some(Field::Title), "Notice"),
            ],
        );
        check(r"(?<tag>x)?y", "y", &[]);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_says_why() {
        let check = |pattern: &str, expected: &str| {
            let error = pattern.parse::<Pattern>().unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check("(a", "this is no regular expression: unclosed group");
        check("(?<day>a)", "the group `day` names no field");
    }

    #[test]
    fn a_replacement_is_bounded() {
        let twice = Replacement::new(Field::Title, "(a)", "$1$1").expect("a pattern");
        assert_eq!(twice.apply("banana", 100), "baanaanaa");
        assert_eq!(twice.apply("ñaaaa", 5), "ñaaa");
        let empty = Replacement::new(Field::Title, "", "é").expect("a pattern");
        assert_eq!(empty.apply("ab", 100), "éaébé");
    }
}
