//! `select`, `detail`, `remove`, `replace`: the operator's rules for finding values in documents.
//!
//! The syntax of places depends on the kind of document, which may be configured elsewhere: they stay text here
//! ([`Places`]) until the source is assembled.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::diagnostic::{Mistake, parse_value};
use super::file::{SpannedValue, ValueKind};
use super::table::{ConfigTable, ReadKey};
use super::units;
use crate::model::{
    Css, ElementPath, Field, Fields, Find, JsonPath, Pattern, Replacement, Rule, Rules,
};

/// Texts that find places.
type LocatorTexts = Vec<LocatorText>;

/// A text that finds places, with its position.
#[derive(Clone)]
struct LocatorText {
    at: usize,
    text: String,
    way: SearchScope,
}

/// The part of a document that a text searches.
#[derive(Clone)]
pub(super) enum SearchScope {
    /// The entry; or the document, when looking for entries.
    Within,
    /// `{ before = … }`
    Before,
    /// `{ page = … }`
    Page,
    /// `{ from = …, until = … }`
    Run {
        /// The text that ends the last entry, with its position.
        until: Option<(usize, String)>,
    },
}

impl SearchScope {
    /// Returns the key that selects it.
    fn key(&self) -> &'static str {
        match self {
            Self::Within => "find",
            Self::Before => "before",
            Self::Page => "page",
            Self::Run { .. } => "from",
        }
    }
}

/// A way to find places in documents of one kind.
pub(super) trait Locator: FromStr<Err: fmt::Display> {
    /// Returns the same locator, searching where `way` specifies; or the mistake, with its position if it is in another
    /// text.
    fn with_scope(self, way: &SearchScope) -> Result<Self, (Option<usize>, Mistake)>;

    /// Checks that it can find entries.
    fn check_finds_entries(&self) -> Result<(), Mistake> {
        Ok(())
    }
}

impl Locator for Css {
    fn with_scope(self, way: &SearchScope) -> Result<Self, (Option<usize>, Mistake)> {
        let key = way.key();
        let told = |message: String| Err((None, Mistake::new(message)));
        match way {
            SearchScope::Within => Ok(self),
            SearchScope::Before | SearchScope::Page if self.names_self => told(format!(
                "`{self}` is of the entry: `{key}` looks outside of it"
            )),
            SearchScope::Before => Ok(self.before_entry()),
            SearchScope::Page => Ok(self.in_page()),
            SearchScope::Run { .. } if !self.names_elements() => told(format!(
                "`{self}` names no elements: an entry begins at one"
            )),
            SearchScope::Run { until } => {
                let until = until.as_ref().map(|(at, text)| {
                    let css = parse_element_selector(text);
                    css.map_err(|mistake| (Some(*at), mistake))
                });
                Ok(self.with_run(until.transpose()?))
            }
        }
    }

    fn check_finds_entries(&self) -> Result<(), Mistake> {
        if self.selector.is_some() {
            return Ok(());
        }
        Err(Mistake::new(format!(
            "`{self}` is of the entry itself: `select.item` finds entries"
        )))
    }
}

impl Locator for JsonPath {
    fn with_scope(self, way: &SearchScope) -> Result<Self, (Option<usize>, Mistake)> {
        require_entry_scope(self, way)
    }
}

impl Locator for ElementPath {
    fn with_scope(self, way: &SearchScope) -> Result<Self, (Option<usize>, Mistake)> {
        require_entry_scope(self, way)
    }
}

/// Refuses every way but [`Way::Within`], for documents that are not pages.
fn require_entry_scope<L>(locator: L, way: &SearchScope) -> Result<L, (Option<usize>, Mistake)> {
    if let SearchScope::Within = way {
        return Ok(locator);
    }
    let message = format!("`{}` goes only with the kind `html`", way.key());
    Err((None, Mistake::new(message)))
}

const PLACE: &str = "a selector in quotation marks";
const ITEM: &str =
    "a selector in quotation marks, a list of them, or a table with `from` and perhaps `until`";
const RULE: &str = "a selector in quotation marks, a list of them, or a table with `find`, `join`, `before`, `page`, `regex` or `value`";

/// The separator of joined parts, except in addresses.
const JOINED_WITH: &str = " ";
const ADDRESSES: [Field; 4] = [Field::Link, Field::Guid, Field::Image, Field::Enclosure];

/// `select`, or the part of `detail` that is like it.
#[derive(Clone, Default)]
pub(super) struct SelectKeys {
    /// The places of entries.
    item: ReadKey<LocatorTexts>,
    fields: BTreeMap<Field, ReadKey<Rule<LocatorText>>>,
}

impl SelectKeys {
    /// Reads a table whose fields may be filled by rules, including `item`.
    pub(super) fn from_list_table(table: &ConfigTable) -> Self {
        let item = table.read_value("item", |value| read_items(table, value));
        let selected = Self {
            item,
            ..Self::from_entry_table(table)
        };
        table.refuse_unknown_keys(&[]);
        selected
    }

    /// Reads a table for a single entry.
    fn from_entry_table(table: &ConfigTable) -> Self {
        let rule = |field: Field| {
            let key = field.as_str();
            (
                field,
                table.read_value(key, |value| read_rule(table, field, value)),
            )
        };
        let fields = Field::ALL.map(rule).into_iter();
        Self {
            item: ReadKey::default(),
            fields: fields.filter(|(_, rule)| rule.at.is_some()).collect(),
        }
    }

    /// Returns these rules, completed field by field from `defaults`.
    pub(super) fn with_defaults(&self, defaults: &Self) -> Self {
        let mut fields = defaults.fields.clone();
        fields.extend(self.fields.clone());
        Self {
            item: self.item.or_default_from(&defaults.item),
            fields,
        }
    }

    /// Returns true if a mistake has been reported in any of them.
    pub(super) fn has_mistake(&self) -> bool {
        self.item.is_invalid() || self.fields.values().any(ReadKey::is_invalid)
    }

    /// Returns true if `field` is filled, by its own rule or by a group of another field's pattern. A rule with a
    /// mistake counts.
    fn fills_field(&self, field: Field) -> bool {
        let rules = self.fields.values().filter_map(|rule| rule.value.as_ref());
        let mut patterns = rules.filter_map(|rule| rule.pattern.as_ref());
        self.fields.contains_key(&field)
            || patterns.any(|pattern| pattern.named_fields().any(|named| named == field))
    }

    /// Returns the rules of a list; `None` if mistakes, already reported or reported here, leave none.
    pub(super) fn convert_rules<L: Locator>(
        &self,
        table: &ConfigTable,
        at: usize,
    ) -> Option<Rules<L>> {
        if !self.has_mistake() {
            let filled = [
                ("item", self.item.at.is_some()),
                ("title", self.fills_field(Field::Title)),
            ];
            for (key, _) in filled.into_iter().filter(|(_, is_filled)| !is_filled) {
                table.report_missing(at, Mistake::new(format!("`select.{key}` is missing")));
            }
        }
        let fields = self.convert_fields(table);
        let item: Vec<L> = parse_locators(table, self.item.value.as_ref()?)?;
        if let Some(mistake) = item
            .iter()
            .find_map(|item| item.check_finds_entries().err())
        {
            table.report_mistake(self.item.at.unwrap_or(at), mistake);
            return None;
        }
        (!item.is_empty() && self.fills_field(Field::Title)).then_some(Rules {
            item,
            fields: fields?,
        })
    }

    fn convert_fields<L: Locator>(&self, table: &ConfigTable) -> Option<Fields<L>> {
        let rule = |(field, rule): (&Field, &ReadKey<Rule<LocatorText>>)| {
            let Rule {
                find,
                pattern,
                value,
            } = rule.value.clone()?;
            let find = match find {
                Find::First(places) => Find::First(parse_locators(table, &places)?),
                Find::Joined { parts, with } => {
                    let parts = parts.iter().map(|places| parse_locators(table, places));
                    let parts: Vec<Option<Vec<L>>> = parts.collect();
                    let parts = parts.into_iter().collect::<Option<_>>()?;
                    Find::Joined { parts, with }
                }
            };
            let rule = Rule {
                find,
                pattern,
                value,
            };
            Some((*field, rule))
        };
        // Collected first, so that the mistakes of all of them are reported.
        let rules: Vec<_> = self.fields.iter().map(rule).collect();
        rules.into_iter().collect()
    }

    /// Returns the places that search outside of the entry.
    fn outside_locators(&self) -> impl Iterator<Item = &LocatorText> {
        let rules = self.fields.values().filter_map(|rule| rule.value.as_ref());
        let places = rules.flat_map(|rule| rule.find.places());
        places.filter(|place| !matches!(place.way, SearchScope::Within))
    }
}

/// Reads `true`, `false`, or a table of rules for the page of an entry.
pub(super) fn read_detail(table: &ConfigTable) -> ReadKey<Option<Fields<Css>>> {
    let Some(ValueKind::Boolean(wanted)) = table.peek_value("detail").map(|value| &value.kind)
    else {
        let inner = table.read_dotted_table("detail", "detail.");
        let at = inner.at;
        let fields = inner.value.map(|inner| {
            let selected = SelectKeys::from_entry_table(&inner);
            // These identify an entry and lead to its page, so values found on the page could not change them.
            for field in [Field::Guid, Field::Link] {
                if let Some(at) = selected.fields.get(&field).and_then(|rule| rule.at) {
                    let key = field.as_str();
                    let message = format!(
                        "`{key}` comes too late here: an entry is known before its page is read"
                    );
                    let hint = format!("`select.{key}` finds it in the list");
                    inner.report_mistake(at, Mistake::new(message).hint(hint));
                }
            }
            for place in selected.outside_locators() {
                let key = place.way.key();
                let message = format!("`{key}` does not go with `detail`");
                let hint = "every selector of `detail` looks in the whole page of the entry";
                inner.report_mistake(place.at, Mistake::new(message).hint(hint));
            }
            inner.refuse_unknown_keys(&[]);
            selected.convert_fields(&inner).map(Some)
        });
        return ReadKey {
            at,
            value: fields.flatten(),
        };
    };
    let wanted = wanted.then(Fields::default);
    table.read_flag("detail").map(|_| wanted)
}

/// Reads `remove`: parts of pages to ignore.
pub(super) fn read_remove(table: &ConfigTable) -> ReadKey<Vec<Css>> {
    table
        .read_texts("remove", parse_element_selector)
        .map(drop_positions)
}

/// Parses a selector that finds elements anywhere.
pub(super) fn parse_element_selector(text: &str) -> Result<Css, Mistake> {
    let css: Css = parse_value(text)?;
    if css.names_elements() {
        Ok(css)
    } else {
        Err(Mistake::new(format!("`{css}` names no elements")))
    }
}

/// Reads `replace`: a list of `{ field, regex, with }`.
pub(super) fn read_replace(table: &ConfigTable) -> ReadKey<Vec<Replacement>> {
    let at = table.peek_value("replace").map(|value| value.span.start);
    let tables = table.read_tables("replace");
    let count = tables.len();
    let replaced: Vec<Replacement> = tables.iter().filter_map(read_replacement).collect();
    ReadKey {
        at,
        value: (at.is_some() && replaced.len() == count).then_some(replaced),
    }
}

fn read_replacement(table: &ConfigTable) -> Option<Replacement> {
    let field = table.require_key("field", table.read_text("field", parse_field));
    let regex = table.require_key(
        "regex",
        table.read_text("regex", |text| Ok(text.to_owned())),
    );
    let with = table.read_text("with", |text| Ok(text.to_owned()));
    table.refuse_unknown_keys(&[]);
    let (at, field) = (regex.at.unwrap_or(table.at), field.value?);
    let with = with.value.unwrap_or_default();
    match Replacement::new(field, &regex.value?, &with) {
        Ok(replacement) => Some(replacement),
        Err(error) => {
            table.report_mistake(at, Mistake::new(error.to_string()));
            None
        }
    }
}

fn parse_field(text: &str) -> Result<Field, Mistake> {
    let unknown = |()| {
        let names = Field::ALL.map(Field::as_str);
        Mistake::new(format!("there is no field `{text}`")).suggest_nearest(text, names.into_iter())
    };
    text.parse().map_err(unknown)
}

/// Reads the rule of a field: a text, a list, or a table.
fn read_rule(
    table: &ConfigTable,
    field: Field,
    value: &SpannedValue,
) -> Result<Rule<LocatorText>, Mistake> {
    let key = field.as_str();
    let ValueKind::Table(_) = value.kind else {
        return Ok(Rule {
            find: Find::First(read_places(table, key, value)?),
            pattern: None,
            value: None,
        });
    };
    let inner = table.nested_table(value);
    let find = inner.read_value("find", |value| read_places(&inner, "find", value));
    let join = inner.read_value("join", |value| read_join_parts(&inner, value));
    let outside =
        [SearchScope::Before, SearchScope::Page].map(|way| read_outside_locators(&inner, &way));
    let with = inner.read_text("with", |text| Ok(text.to_owned()));
    let pattern = inner.read_text("regex", parse_pattern);
    let fixed = inner.read_text("value", units::parse_line);
    inner.refuse_unknown_keys(&[]);
    let ways = [find.at, join.at, outside[0].at, outside[1].at];
    refuse_several_ways(&inner, ways);
    if let (Some(at), None) = (with.at, join.at) {
        inner.report_mistake(at, Mistake::new("`with` goes only with `join`"));
    }
    let is_wrong = find.is_invalid()
        || join.is_invalid()
        || outside.iter().any(ReadKey::is_invalid)
        || pattern.is_invalid()
        || fixed.is_invalid();
    let looks = ways.iter().any(Option::is_some);
    if !is_wrong && !looks && fixed.at.is_none() {
        return Err(Mistake::new(format!(
            "`select.{key}` needs `find`, `join`, `before`, `page` or `value`"
        )));
    }
    let [before, page] = outside.map(|given| given.value);
    let places = find.value.or(before).or(page).unwrap_or_default();
    let usual = if ADDRESSES.contains(&field) {
        ""
    } else {
        JOINED_WITH
    };
    let joined = |parts| Find::Joined {
        parts,
        with: with.value.clone().unwrap_or_else(|| usual.to_owned()),
    };
    Ok(Rule {
        find: join.value.map_or(Find::First(places), joined),
        pattern: pattern.value,
        value: fixed.value,
    })
}

/// Refuses more than one way of searching in a rule, given the positions of `find`, `join`, `before` and `page`.
fn refuse_several_ways(table: &ConfigTable, ways: [Option<usize>; 4]) {
    const WAYS: [&str; 4] = ["find", "join", "before", "page"];
    let mut given: Vec<(usize, &str)> = ways
        .into_iter()
        .zip(WAYS)
        .filter_map(|(at, key)| Some((at?, key)))
        .collect();
    given.sort_unstable();
    let [(_, first), (at, second), ..] = given[..] else {
        return;
    };
    let message = format!("`{first}` and `{second}` exclude one another");
    let hint = format!("a list tries one place after the other: `[\".date\", {{ {second} = … }}]`");
    let mistake = Mistake::new(message);
    table.report_mistake(
        at,
        match second {
            "before" | "page" => mistake.hint(hint),
            _ => mistake,
        },
    );
}

fn parse_pattern(text: &str) -> Result<Pattern, Mistake> {
    let names = Field::ALL.map(Field::as_str).join(", ");
    parse_value(text).map_err(|mistake: Mistake| {
        mistake.hint(format!("groups may be named {names}, as in `(?<date>.+)`"))
    })
}

/// Reads the places of a field's value: one place or a list of them.
fn read_places(
    table: &ConfigTable,
    key: &str,
    value: &SpannedValue,
) -> Result<LocatorTexts, Mistake> {
    let places = read_one_or_list(key, value, |value| match &value.kind {
        ValueKind::Table(_) => read_outside_place(table, value),
        _ => Ok(vec![read_entry_locator(table, key, value, RULE)?]),
    });
    Ok(places?.concat())
}

/// Reads the places of entries: one place or a list of them.
fn read_items(table: &ConfigTable, value: &SpannedValue) -> Result<LocatorTexts, Mistake> {
    const KEY: &str = "item";
    let item = |value: &SpannedValue| match &value.kind {
        ValueKind::Table(_) => read_sibling_run(table, value),
        _ => read_entry_locator(table, KEY, value, ITEM),
    };
    read_one_or_list(KEY, value, item)
}

/// Reads the parts of `join`: places, or lists of which the first that finds something decides.
fn read_join_parts(
    table: &ConfigTable,
    value: &SpannedValue,
) -> Result<Vec<LocatorTexts>, Mistake> {
    const KEY: &str = "join";
    read_one_or_list(KEY, value, |value| read_places(table, KEY, value))
}

/// Reads each value of a list, or a single value.
fn read_one_or_list<T>(
    key: &str,
    value: &SpannedValue,
    read: impl Fn(&SpannedValue) -> Result<T, Mistake>,
) -> Result<Vec<T>, Mistake> {
    match &value.kind {
        ValueKind::List(values) if !values.is_empty() => values.iter().map(read).collect(),
        ValueKind::List(_) => Err(Mistake::new(format!("`{key}` is an empty list"))),
        _ => Ok(vec![read(value)?]),
    }
}

/// Reads `{ before = … }` or `{ page = … }` in a list of places.
fn read_outside_place(table: &ConfigTable, value: &SpannedValue) -> Result<LocatorTexts, Mistake> {
    let inner = table.nested_table(value);
    let found =
        [SearchScope::Before, SearchScope::Page].map(|way| read_outside_locators(&inner, &way));
    let mut given = found.into_iter().filter(|given| given.at.is_some());
    let (Some(first), None) = (given.next(), given.next()) else {
        let message = "a place in a list is a selector, `{ before = … }` or `{ page = … }`";
        return Err(Mistake::new(message));
    };
    inner.refuse_unknown_keys(&[]);
    // If there is no value, its mistake has been reported.
    Ok(first.value.unwrap_or_default())
}

/// Reads a text that searches the entry.
fn read_entry_locator(
    table: &ConfigTable,
    key: &str,
    value: &SpannedValue,
    wanted: &str,
) -> Result<LocatorText, Mistake> {
    match &value.kind {
        ValueKind::Text(text) => Ok(LocatorText {
            at: value.span.start,
            text: text.clone(),
            way: SearchScope::Within,
        }),
        other => Err(table.wrong_type_mistake(key, other, wanted)),
    }
}

/// Reads `before` or `page`: places outside of the entry.
fn read_outside_locators(table: &ConfigTable, way: &SearchScope) -> ReadKey<LocatorTexts> {
    let key = way.key();
    let text = |value: &SpannedValue| {
        let place = read_entry_locator(table, key, value, PLACE)?;
        Ok(LocatorText {
            way: way.clone(),
            ..place
        })
    };
    table.read_value(key, |value| read_one_or_list(key, value, text))
}

/// Reads `{ from = …, until = … }`: entries of several siblings.
fn read_sibling_run(table: &ConfigTable, value: &SpannedValue) -> Result<LocatorText, Mistake> {
    let inner = table.nested_table(value);
    let text = |key| inner.read_value(key, |value| read_entry_locator(&inner, key, value, PLACE));
    let (from, until) = (text("from"), text("until"));
    inner.refuse_unknown_keys(&[]);
    if from.at.is_none() {
        return Err(Mistake::new(
            "`select.item` needs `from`: what each entry begins with",
        ));
    }
    let until = until.value.map(|until| (until.at, until.text));
    // If its mistake has been reported, any selector will do.
    let from = from.value.unwrap_or(LocatorText {
        at: value.span.start,
        text: "*".to_owned(),
        way: SearchScope::Within,
    });
    Ok(LocatorText {
        way: SearchScope::Run { until },
        ..from
    })
}

/// Converts the places for the kind of document; `None` if one of them is invalid, which is reported.
fn parse_locators<L: Locator>(table: &ConfigTable, places: &LocatorTexts) -> Option<Vec<L>> {
    let read = |written: &LocatorText| {
        let told = |(at, mistake): (Option<usize>, Mistake)| {
            table.report_mistake(at.unwrap_or(written.at), mistake);
        };
        let place: Result<L, Mistake> = parse_value(&written.text);
        let place = place.map_err(|mistake| (None, mistake));
        place
            .and_then(|place| place.with_scope(&written.way))
            .map_err(told)
            .ok()
    };
    let read: Vec<Option<L>> = places.iter().map(read).collect();
    read.into_iter().collect()
}

fn drop_positions<T>(listed: Vec<(usize, T)>) -> Vec<T> {
    listed.into_iter().map(|(_, value)| value).collect()
}
