//! Reads JSON of any shape into raw entries: by `JSONPath`, or by its structure.
//!
//! In: the decoded text, or the page that contains it, and the source's rules. Out: one entry per match of
//! `select.item`.
//!
//! The text may be a single value, one value per line, or a script that assigns a value
//! (`window.data = {…};`). Errors are repaired as in a feed, and reported. A string, a number, `true` or
//! `false` is a text. An object never is one, and a list is read as its values, one level deep. Dates may be
//! counts of seconds or of fractions of them ([`epoch`]).
//!
//! Without rules the list is found by its content ([`structure`](super::structure)). A JSON Feed is read as a
//! feed.

use std::borrow::Cow;

use serde_json::Value;
use url::Url;

use super::feed::{self, FormatFault, FormatFaults};
use super::rules::{self, EntryRecord, without_doubts};
use super::structure::{self, PathOrigin, RulePlace, TreeNode, TreeStep};
use super::{ExtractError, ListEvidence, MAX_ENTRIES, RankedList, epoch, html};
use crate::dates::DateHints;
use crate::model::{Css, Extracted, JsonBase, JsonPath, Located, RawText, Reading, Rules, Source};

/// The maximum number of objects. Each takes about a hundred bytes in addition to its content, and no list of
/// bulletins comes near this many.
const MAX_OBJECTS: usize = 250_000;

/// The maximum number of a list's values examined to classify it: there may be millions of mere numbers.
const MAX_LIST: usize = 10_000;

/// Texts that mark a JSON Feed, or that only its entries have.
const FEED_SIGNS: [&str; 4] = [
    "jsonfeed.org/version",
    "\"content_html\"",
    "\"content_text\"",
    "\"date_published\"",
];

/// Reads a JSON document.
///
/// # Errors
/// Returns [`ExtractError::BadDocument`] if it is not JSON, [`ExtractError::NothingFound`] and
/// [`ExtractError::NoTitles`] if `rules` do not fit it, and [`ExtractError::NoList`] if there are no rules
/// and its structure shows no list.
pub(super) fn read_document(
    text: &str,
    rules: Option<&Rules<JsonPath>>,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    if rules.is_none() && is_json_feed(text) {
        match feed::read_json(text) {
            Ok(feed) => return Ok(feed),
            // The text states that it is a JSON Feed.
            Err(error @ ExtractError::BadFeed { .. }) if text.contains(FEED_SIGNS[0]) => {
                return Err(error);
            }
            Err(_) => {}
        }
    }
    let mut faults = FormatFaults::default();
    let value = parse_value(text, &mut faults).map_err(|error| match feed::sniff_format(text) {
        feed::TextFormat::Html => invalid_json("a page came; `script` says where in one it stands"),
        _ => error,
    })?;
    let mut extracted = if let Some(rules) = rules {
        read_by_rules(&value, rules)?
    } else {
        let found = infer_rules(&value, hints).ok_or(NO_LIST)?;
        without_doubts(read_by_rules(&value, &found)?)
    };
    extracted.problems.splice(..0, faults.into_problems(text));
    Ok(extracted)
}

const NO_LIST: ExtractError = ExtractError::NoList { what: "the JSON" };

/// Reads the JSON that `script` finds in a page: the first that has entries.
///
/// # Errors
/// Returns the errors of [`read`], and [`ExtractError::NoScript`].
pub(super) fn read_in_page(
    text: &str,
    url: &Url,
    script: &Css,
    rules: Option<&Rules<JsonPath>>,
    source: &Source,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    let (base, texts) = html::select_texts(text, url, &source.remove, script)?;
    let mut failed = ExtractError::NoScript {
        selector: script.to_string(),
    };
    for text in &texts {
        match read_document(text, rules, hints) {
            Ok(mut extracted) => {
                for entry in &mut extracted.entries {
                    entry.base.get_or_insert_with(|| base.clone());
                }
                return Ok(extracted);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Returns the entries of the JSON text of a page that is most surely a list, together with its index among
/// `texts`.
pub(super) fn find_best_list(
    texts: &[String],
    hints: &DateHints<'_>,
) -> Option<(usize, Extracted)> {
    let values = texts.iter().enumerate().filter_map(|(place, text)| {
        let value = parse_value(text, &mut FormatFaults::default()).ok()?;
        Some((place, value))
    });
    let values: Vec<(usize, Value)> = values.collect();
    let found = values.iter().filter_map(|(place, value)| {
        let found = structure::find_list(value, hints)?;
        Some((found.score, *place, value, found.to_rules(place_to_path)?))
    });
    let (_, place, value, rules) = found.max_by(|(one, ..), (other, ..)| one.total_cmp(other))?;
    // One object is not a list.
    let list = read_by_rules(value, &rules)
        .ok()
        .filter(|list| list.entries.len() > 1)?;
    Some((place, list))
}

/// Returns the rules that read a document as its structure does.
pub(super) fn suggest_rules(text: &str, hints: &DateHints<'_>) -> Option<Rules<JsonPath>> {
    if is_json_feed(text) {
        return None;
    }
    infer_rules(
        &parse_value(text, &mut FormatFaults::default()).ok()?,
        hints,
    )
}

/// Returns the candidates for a document's main list: at most `count`, the best first.
pub(super) fn rank_lists(text: &str, hints: &DateHints<'_>, count: usize) -> Vec<RankedList> {
    let Ok(value) = parse_value(text, &mut FormatFaults::default()) else {
        return Vec::new();
    };
    let found = structure::rank_lists(&value, hints, count).into_iter();
    let listed = |found: structure::RecordPlaces<'_>| {
        let rules = found.to_rules(place_to_path)?;
        let entries = read_by_rules(&value, &rules).ok()?.entries;
        let reading = Reading::Json {
            script: None,
            rules: Some(Box::new(rules)),
        };
        let why = ListEvidence::Said(found.explain());
        Some(RankedList::new(reading, None, &entries, why))
    };
    found.filter_map(listed).collect()
}

/// Returns true if a text that is not a page begins as JSON does.
pub(super) fn is_json(text: &str) -> bool {
    let text = text.trim_start_matches(feed::is_blank);
    let Some(first) = strip_opening_bracket(text) else {
        return text.starts_with('{');
    };
    // Objects, or rows of texts and numbers.
    let cell = strip_opening_bracket(first);
    let begins =
        |cell: &str| cell.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
    first.starts_with('{') || cell.is_some_and(begins)
}

/// Returns the first titles of a list.
fn strip_opening_bracket(list: &str) -> Option<&str> {
    list.strip_prefix('[').map(str::trim_start)
}

fn is_json_feed(text: &str) -> bool {
    let is_in = |sign: &&str| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some();
    let is_object = || text.trim_start_matches(feed::is_blank).starts_with('{');
    is_object() && FEED_SIGNS.iter().any(is_in) || feed::may_be_converted(text)
}

fn infer_rules(value: &Value, hints: &DateHints<'_>) -> Option<Rules<JsonPath>> {
    structure::find_list(value, hints)?.to_rules(place_to_path)
}

fn read_by_rules(value: &Value, rules: &Rules<JsonPath>) -> Result<Extracted, ExtractError> {
    let looks_around = rules
        .places()
        .any(|(_, path)| path.base() != JsonBase::Here);
    let find = |path: &JsonPath| -> Vec<Located<'_>> {
        if looks_around {
            return path.find_located(value);
        }
        let found = path.find_values(value).into_iter();
        found.map(Located::without_position).collect()
    };
    let found = rules.item.iter().map(find);
    let mut items = found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    // A list is read as all its values, unless it is a row.
    if let [list] = items.as_slice()
        && let Value::Array(values) = list.value
        && !values.iter().all(|value| value_text(value).is_some())
    {
        items = values
            .iter()
            .map(|value| list.locate_child(value))
            .collect();
    }
    // Keep one more than the limit, so that the excess is noticed.
    items.truncate(MAX_ENTRIES + 1);
    rules::read_records(&items, rules)
}

/// Returns the value of a text, or the list of the values of its lines.
fn parse_value(text: &str, faults: &mut FormatFaults) -> Result<Value, ExtractError> {
    let start = text.len() - skip_to_value(text).len();
    let text = text.get(start..).unwrap_or_default();
    if memchr::memchr_iter(b'{', text.as_bytes()).count() > MAX_OBJECTS {
        return Err(invalid_json(&format!(
            "it has more than {MAX_OBJECTS} objects"
        )));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let first = values.next();
    let behind = text.get(values.byte_offset()..).unwrap_or_default();
    match first {
        Some(Ok(value @ Value::Object(_))) if behind.trim_start().starts_with('{') => Ok(
            parse_lines(value, behind, start + text.len() - behind.len(), faults),
        ),
        Some(Ok(value)) => Ok(value),
        None => Err(invalid_json("it is empty")),
        Some(Err(_)) => parse_repaired(text, faults),
    }
}

/// Reads one value per line. Invalid lines are left out.
fn parse_lines(first: Value, text: &str, start: usize, faults: &mut FormatFaults) -> Value {
    let mut values = vec![first];
    let mut at = start;
    for line in text.split_inclusive('\n') {
        match serde_json::from_str(line) {
            Ok(value) => values.push(value),
            Err(_) if line.trim().is_empty() => {}
            Err(_) => faults.note(FormatFault::Json("the line is no JSON; it is left out"), at),
        }
        at += line.len();
    }
    Value::Array(values)
}

fn parse_repaired(text: &str, faults: &mut FormatFaults) -> Result<Value, ExtractError> {
    let mended = feed::repair_json(text, faults);
    // The position in the repaired text does not apply to the document.
    serde_json::from_str(&mended).map_err(|error: serde_json::Error| {
        invalid_json(if error.is_eof() {
            "it ends before it is whole"
        } else {
            "it is none"
        })
    })
}

fn invalid_json(reason: &str) -> ExtractError {
    ExtractError::BadDocument {
        what: "the JSON",
        reason: reason.to_owned(),
    }
}

/// Returns the text from the start of the value: the whole text, the part after the `=` of an assignment, or
/// from the first bracket.
fn skip_to_value(text: &str) -> &str {
    let opens = |text: &str| text.starts_with(['{', '[']);
    let text = text.trim_start_matches(feed::is_blank);
    if opens(text) {
        return text;
    }
    let assigned = text.match_indices('=').map(|(at, _)| {
        let behind = text.get(at + 1..).unwrap_or_default();
        behind.trim_start()
    });
    let first = || text.find(['{', '[']).and_then(|at| text.get(at..));
    let mut assigned = assigned.filter(|text| opens(text));
    assigned.next().or_else(first).unwrap_or_default()
}

impl EntryRecord for Located<'_> {
    type At = JsonPath;

    fn find_texts(&self, at: &JsonPath) -> Vec<String> {
        let texts = |value: &Value| -> Vec<String> {
            let found = at.find_values(value).into_iter();
            let each = found.flat_map(|value| match value {
                Value::Array(values) => values.iter().collect(),
                value => vec![value],
            });
            each.filter_map(value_text).collect()
        };
        match at.base() {
            JsonBase::Here => texts(self.value),
            JsonBase::Around => {
                let mut around = self.around.iter().map(|value| texts(value));
                around.find(|texts| !texts.is_empty()).unwrap_or_default()
            }
            JsonBase::Name => self.name.clone().into_iter().collect(),
        }
    }

    fn typed_text(&self, found: String) -> RawText {
        RawText::Unsaid(found)
    }

    fn find_date(&self, at: &JsonPath) -> Option<String> {
        let text = self.find_texts(at).into_iter().next()?;
        let of_greenwich = || at.names_utc().then(|| epoch::mark_as_utc(&text))?;
        Some(
            epoch::epoch_to_iso(&text)
                .or_else(of_greenwich)
                .unwrap_or(text),
        )
    }

    /// Returns the text, or the address of the link in it.
    fn find_addresses(&self, at: &JsonPath) -> Vec<String> {
        let address = |text: String| match structure::only_link(&text) {
            Some(address) => address.replace("&amp;", "&"),
            None => text,
        };
        self.find_texts(at).into_iter().map(address).collect()
    }
}

fn value_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

impl<'a> TreeNode<'a> for &'a Value {
    const NAMES_REPEAT: bool = false;

    fn parts(self) -> Vec<(TreeStep<'a>, Self)> {
        match self {
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (TreeStep::Member(name), value))
                .collect(),
            Value::Array(values) => values
                .iter()
                .take(MAX_LIST)
                .map(|value| (TreeStep::Each, value))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn has_parts(self) -> bool {
        matches!(self, Value::Object(_) | Value::Array(_))
    }

    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    fn is_list(self) -> bool {
        self.is_array()
    }
}

/// Returns a place as an operator writes it.
fn place_to_path(place: &RulePlace<'_>) -> Option<JsonPath> {
    let begin = match place.origin {
        PathOrigin::Entry => "$",
        PathOrigin::Around => "^$",
        PathOrigin::Name => return "~".parse().ok(),
    };
    let steps = place.way.iter().map(|step| match step {
        TreeStep::Each => "[*]".to_owned(),
        TreeStep::Rest => "[1:]".to_owned(),
        TreeStep::Nth(at) => format!("[{at}]"),
        TreeStep::Any => ".*".to_owned(),
        TreeStep::Deep(name) if is_shorthand(name) => format!("..{name}"),
        TreeStep::Deep(name) => format!("..['{}']", escape_name(name)),
        TreeStep::Member(name) | TreeStep::Attribute(name) if is_shorthand(name) => {
            format!(".{name}")
        }
        TreeStep::Member(name) | TreeStep::Attribute(name) => format!("['{}']", escape_name(name)),
        TreeStep::Having(name) if is_shorthand(name) => format!("[?@.{name}]"),
        TreeStep::Having(name) => format!("[?@['{}']]", escape_name(name)),
        TreeStep::Where { key, is, .. } if is_shorthand(key) => {
            format!("[?@.{key} == '{}']", escape_name(is))
        }
        TreeStep::Where { key, is, .. } => {
            format!("[?@['{}'] == '{}']", escape_name(key), escape_name(is))
        }
    });
    let path = steps.fold(begin.to_owned(), |path, step| path + &step);
    path.parse().ok()
}

/// Returns true if a name may follow a dot (RFC 9535 §2.5.1.1).
fn is_shorthand(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

/// Returns a name in single quotes (RFC 9535 §2.3.1.1).
fn escape_name(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\'' | '\\' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Checks the value of a text, and the problems reported.
    #[track_caller]
    fn check(text: &str, expected: &Value, told: &[&str]) {
        let mut faults = FormatFaults::default();
        assert_eq!(
            parse_value(text, &mut faults).as_ref(),
            Ok(expected),
            "{text}"
        );
        let problems = faults.into_problems(text);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, told, "{text}");
    }

    #[test]
    fn a_value_is_found_in_what_stands_around_it() {
        let one = json!({"a": 1});
        check("\u{feff} {\"a\": 1}", &one, &[]);
        check("var x = {\"a\": 1}; var y = [2];", &one, &[]);
        check("window[\"x\"] = {\"a\": 1};", &one, &[]);
        check("callback({\"a\": 1});", &one, &[]);
        check("x == y; // {\n z = \n{\"a\": 1}", &one, &[]);
        check("{\"a\": 1}\n</script> {", &one, &[]);
        check("[]", &json!([]), &[]);
    }

    #[test]
    fn json_is_told_from_text() {
        for text in ["{\"a\": 1}", "[ {\"a\": 1}]", "[[\"a\", 1]]", "[\n[1, 2]]"] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "[",
            "[a]",
            "[[a]] is a page",
            "[2021] Notices",
            "text {",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }

    #[test]
    fn lines_are_a_list() {
        check(
            "{\"a\": 1}\n\n{\"a\": 2}\r\n",
            &json!([{"a": 1}, {"a": 2}]),
            &[],
        );
        let left_out = "line 2: the line is no JSON; it is left out";
        check(
            "{\"a\": 1}\n{\"a\": \n{\"a\": 3}",
            &json!([{"a": 1}, {"a": 3}]),
            &[left_out],
        );
    }

    #[test]
    fn what_is_broken_is_mended_where_it_can_be() {
        let comma = "line 1: a comma separates nothing; it is left out";
        check("[1, 2,]", &json!([1, 2]), &[comma]);
        let bad = |text: &str| {
            parse_value(text, &mut FormatFaults::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(bad("no JSON"), "the JSON cannot be read: it is empty");
        assert_eq!(
            bad("[1, 2"),
            "the JSON cannot be read: it ends before it is whole"
        );
        assert_eq!(
            bad(&"{".repeat(300_000)),
            "the JSON cannot be read: it has more than 250000 objects"
        );
    }

    /// Checks the path that leads through such a name.
    fn check_path(name: &str, expected: &str) {
        let place = |name| RulePlace {
            origin: PathOrigin::Entry,
            way: vec![TreeStep::Each, TreeStep::Member(name)],
        };
        assert_eq!(
            place_to_path(&place(name))
                .map(|path| path.to_string())
                .as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn names_are_written_as_paths_have_them() {
        check_path("título", "$[*].título");
        check_path("a-b", "$[*]['a-b']");
        check_path("it's \\", "$[*]['it\\'s \\\\']");
        let place = RulePlace {
            origin: PathOrigin::Entry,
            way: vec![TreeStep::Member("\u{1}")],
        };
        assert!(place_to_path(&place).is_none());
    }
}
