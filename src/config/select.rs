//! `select`, `detail`, `remove`, `replace`: the operator's rules for finding values in documents.
//!
//! The syntax of places depends on the kind of document, which may be configured elsewhere: they stay text here
//! ([`Places`]) until the source is assembled.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::diagnostic::{Mistake, parsed};
use super::file::{Value, ValueKind};
use super::table::{ReadKey, Table};
use super::units;
use crate::model::{
    Css, ElementPath, Field, Fields, Find, JsonPath, Pattern, Replacement, Rule, Rules,
};

/// Texts that find places.
type Places = Vec<Written>;

/// A text that finds places, with its position.
#[derive(Clone)]
struct Written {
    at: usize,
    text: String,
    way: Way,
}

/// The part of a document that a text searches.
#[derive(Clone)]
pub(super) enum Way {
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

impl Way {
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
    fn looking(self, way: &Way) -> Result<Self, (Option<usize>, Mistake)>;

    /// Checks that it can find entries.
    fn finds_entries(&self) -> Result<(), Mistake> {
        Ok(())
    }
}

impl Locator for Css {
    fn looking(self, way: &Way) -> Result<Self, (Option<usize>, Mistake)> {
        let key = way.key();
        let told = |message: String| Err((None, Mistake::new(message)));
        match way {
            Way::Within => Ok(self),
            Way::Before | Way::Page if self.names_self => told(format!(
                "`{self}` is of the entry: `{key}` looks outside of it"
            )),
            Way::Before => Ok(self.before()),
            Way::Page => Ok(self.of_page()),
            Way::Run { .. } if !self.names_elements() => told(format!(
                "`{self}` names no elements: an entry begins at one"
            )),
            Way::Run { until } => {
                let until = until.as_ref().map(|(at, text)| {
                    let css = elements(text);
                    css.map_err(|mistake| (Some(*at), mistake))
                });
                Ok(self.run(until.transpose()?))
            }
        }
    }

    fn finds_entries(&self) -> Result<(), Mistake> {
        if self.selector.is_some() {
            return Ok(());
        }
        Err(Mistake::new(format!(
            "`{self}` is of the entry itself: `select.item` finds entries"
        )))
    }
}

impl Locator for JsonPath {
    fn looking(self, way: &Way) -> Result<Self, (Option<usize>, Mistake)> {
        only_within(self, way)
    }
}

impl Locator for ElementPath {
    fn looking(self, way: &Way) -> Result<Self, (Option<usize>, Mistake)> {
        only_within(self, way)
    }
}

/// Refuses every way but [`Way::Within`], for documents that are not pages.
fn only_within<L>(locator: L, way: &Way) -> Result<L, (Option<usize>, Mistake)> {
    if let Way::Within = way {
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
pub(super) struct Selected {
    /// The places of entries.
    item: ReadKey<Places>,
    fields: BTreeMap<Field, ReadKey<Rule<Written>>>,
}

impl Selected {
    /// Reads a table whose fields may be filled by rules, including `item`.
    pub(super) fn of_list(table: &Table) -> Self {
        let item = table.given("item", |value| items(table, value));
        let selected = Self {
            item,
            ..Self::of_entry(table)
        };
        table.finish(&[]);
        selected
    }

    /// Reads a table for a single entry.
    fn of_entry(table: &Table) -> Self {
        let rule = |field: Field| {
            let key = field.as_str();
            (field, table.given(key, |value| rule(table, field, value)))
        };
        let fields = Field::ALL.map(rule).into_iter();
        Self {
            item: ReadKey::default(),
            fields: fields.filter(|(_, rule)| rule.at.is_some()).collect(),
        }
    }

    /// Returns these rules, completed field by field from `defaults`.
    pub(super) fn over(&self, defaults: &Self) -> Self {
        let mut fields = defaults.fields.clone();
        fields.extend(self.fields.clone());
        Self {
            item: self.item.over(&defaults.item),
            fields,
        }
    }

    /// Returns true if a mistake has been reported in any of them.
    pub(super) fn is_wrong(&self) -> bool {
        self.item.is_wrong() || self.fields.values().any(ReadKey::is_wrong)
    }

    /// Returns true if `field` is filled, by its own rule or by a group of another field's pattern. A rule with a
    /// mistake counts.
    fn fills(&self, field: Field) -> bool {
        let rules = self.fields.values().filter_map(|rule| rule.value.as_ref());
        let mut patterns = rules.filter_map(|rule| rule.pattern.as_ref());
        self.fields.contains_key(&field)
            || patterns.any(|pattern| pattern.fields().any(|named| named == field))
    }

    /// Returns the rules of a list; `None` if mistakes, already reported or reported here, leave none.
    pub(super) fn rules<L: Locator>(&self, table: &Table, at: usize) -> Option<Rules<L>> {
        if !self.is_wrong() {
            let filled = [
                ("item", self.item.at.is_some()),
                ("title", self.fills(Field::Title)),
            ];
            for (key, _) in filled.into_iter().filter(|(_, is_filled)| !is_filled) {
                table.absent(at, Mistake::new(format!("`select.{key}` is missing")));
            }
        }
        let fields = self.fields(table);
        let item: Vec<L> = found(table, self.item.value.as_ref()?)?;
        if let Some(mistake) = item.iter().find_map(|item| item.finds_entries().err()) {
            table.wrong(self.item.at.unwrap_or(at), mistake);
            return None;
        }
        (!item.is_empty() && self.fills(Field::Title)).then_some(Rules {
            item,
            fields: fields?,
        })
    }

    fn fields<L: Locator>(&self, table: &Table) -> Option<Fields<L>> {
        let rule = |(field, rule): (&Field, &ReadKey<Rule<Written>>)| {
            let Rule {
                find,
                pattern,
                value,
            } = rule.value.clone()?;
            let find = match find {
                Find::First(places) => Find::First(found(table, &places)?),
                Find::Joined { parts, with } => {
                    let parts = parts.iter().map(|places| found(table, places));
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
    fn outside(&self) -> impl Iterator<Item = &Written> {
        let rules = self.fields.values().filter_map(|rule| rule.value.as_ref());
        let places = rules.flat_map(|rule| rule.find.places());
        places.filter(|place| !matches!(place.way, Way::Within))
    }
}

/// Reads `true`, `false`, or a table of rules for the page of an entry.
pub(super) fn detail(table: &Table) -> ReadKey<Option<Fields<Css>>> {
    let Some(ValueKind::Boolean(wanted)) = table.peek("detail").map(|value| &value.kind) else {
        let inner = table.dotted("detail", "detail.");
        let at = inner.at;
        let fields = inner.value.map(|inner| {
            let selected = Selected::of_entry(&inner);
            // These identify an entry and lead to its page, so values found on the page could not change them.
            for field in [Field::Guid, Field::Link] {
                if let Some(at) = selected.fields.get(&field).and_then(|rule| rule.at) {
                    let key = field.as_str();
                    let message = format!(
                        "`{key}` comes too late here: an entry is known before its page is read"
                    );
                    let hint = format!("`select.{key}` finds it in the list");
                    inner.wrong(at, Mistake::new(message).hint(hint));
                }
            }
            for place in selected.outside() {
                let key = place.way.key();
                let message = format!("`{key}` does not go with `detail`");
                let hint = "every selector of `detail` looks in the whole page of the entry";
                inner.wrong(place.at, Mistake::new(message).hint(hint));
            }
            inner.finish(&[]);
            selected.fields(&inner).map(Some)
        });
        return ReadKey {
            at,
            value: fields.flatten(),
        };
    };
    let wanted = wanted.then(Fields::default);
    table.flag("detail").map(|_| wanted)
}

/// Reads `remove`: parts of pages to ignore.
pub(super) fn remove(table: &Table) -> ReadKey<Vec<Css>> {
    table.texts("remove", elements).map(values)
}

/// Parses a selector that finds elements anywhere.
pub(super) fn elements(text: &str) -> Result<Css, Mistake> {
    let css: Css = parsed(text)?;
    if css.names_elements() {
        Ok(css)
    } else {
        Err(Mistake::new(format!("`{css}` names no elements")))
    }
}

/// Reads `replace`: a list of `{ field, regex, with }`.
pub(super) fn replace(table: &Table) -> ReadKey<Vec<Replacement>> {
    let at = table.peek("replace").map(|value| value.span.start);
    let tables = table.tables("replace");
    let count = tables.len();
    let replaced: Vec<Replacement> = tables.iter().filter_map(replacement).collect();
    ReadKey {
        at,
        value: (at.is_some() && replaced.len() == count).then_some(replaced),
    }
}

fn replacement(table: &Table) -> Option<Replacement> {
    let field = table.required("field", table.text("field", field));
    let regex = table.required("regex", table.text("regex", |text| Ok(text.to_owned())));
    let with = table.text("with", |text| Ok(text.to_owned()));
    table.finish(&[]);
    let (at, field) = (regex.at.unwrap_or(table.at), field.value?);
    let with = with.value.unwrap_or_default();
    match Replacement::new(field, &regex.value?, &with) {
        Ok(replacement) => Some(replacement),
        Err(error) => {
            table.wrong(at, Mistake::new(error.to_string()));
            None
        }
    }
}

fn field(text: &str) -> Result<Field, Mistake> {
    let unknown = |()| {
        let names = Field::ALL.map(Field::as_str);
        Mistake::new(format!("there is no field `{text}`")).or_rather(text, names.into_iter())
    };
    text.parse().map_err(unknown)
}

/// Reads the rule of a field: a text, a list, or a table.
fn rule(table: &Table, field: Field, value: &Value) -> Result<Rule<Written>, Mistake> {
    let key = field.as_str();
    let ValueKind::Table(_) = value.kind else {
        return Ok(Rule {
            find: Find::First(places(table, key, value)?),
            pattern: None,
            value: None,
        });
    };
    let inner = table.table_of(value);
    let find = inner.given("find", |value| places(&inner, "find", value));
    let join = inner.given("join", |value| parts(&inner, value));
    let outside = [Way::Before, Way::Page].map(|way| outside(&inner, &way));
    let with = inner.text("with", |text| Ok(text.to_owned()));
    let pattern = inner.text("regex", pattern);
    let fixed = inner.text("value", units::line);
    inner.finish(&[]);
    let ways = [find.at, join.at, outside[0].at, outside[1].at];
    exclusive(&inner, ways);
    if let (Some(at), None) = (with.at, join.at) {
        inner.wrong(at, Mistake::new("`with` goes only with `join`"));
    }
    let is_wrong = find.is_wrong()
        || join.is_wrong()
        || outside.iter().any(ReadKey::is_wrong)
        || pattern.is_wrong()
        || fixed.is_wrong();
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
fn exclusive(table: &Table, ways: [Option<usize>; 4]) {
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
    table.wrong(
        at,
        match second {
            "before" | "page" => mistake.hint(hint),
            _ => mistake,
        },
    );
}

fn pattern(text: &str) -> Result<Pattern, Mistake> {
    let names = Field::ALL.map(Field::as_str).join(", ");
    parsed(text).map_err(|mistake: Mistake| {
        mistake.hint(format!("groups may be named {names}, as in `(?<date>.+)`"))
    })
}

/// Reads the places of a field's value: one place or a list of them.
fn places(table: &Table, key: &str, value: &Value) -> Result<Places, Mistake> {
    let places = listed(key, value, |value| match &value.kind {
        ValueKind::Table(_) => beside(table, value),
        _ => Ok(vec![within(table, key, value, RULE)?]),
    });
    Ok(places?.concat())
}

/// Reads the places of entries: one place or a list of them.
fn items(table: &Table, value: &Value) -> Result<Places, Mistake> {
    const KEY: &str = "item";
    let item = |value: &Value| match &value.kind {
        ValueKind::Table(_) => run(table, value),
        _ => within(table, KEY, value, ITEM),
    };
    listed(KEY, value, item)
}

/// Reads the parts of `join`: places, or lists of which the first that finds something decides.
fn parts(table: &Table, value: &Value) -> Result<Vec<Places>, Mistake> {
    const KEY: &str = "join";
    listed(KEY, value, |value| places(table, KEY, value))
}

/// Reads each value of a list, or a single value.
fn listed<T>(
    key: &str,
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Mistake>,
) -> Result<Vec<T>, Mistake> {
    match &value.kind {
        ValueKind::List(values) if !values.is_empty() => values.iter().map(read).collect(),
        ValueKind::List(_) => Err(Mistake::new(format!("`{key}` is an empty list"))),
        _ => Ok(vec![read(value)?]),
    }
}

/// Reads `{ before = … }` or `{ page = … }` in a list of places.
fn beside(table: &Table, value: &Value) -> Result<Places, Mistake> {
    let inner = table.table_of(value);
    let found = [Way::Before, Way::Page].map(|way| outside(&inner, &way));
    let mut given = found.into_iter().filter(|given| given.at.is_some());
    let (Some(first), None) = (given.next(), given.next()) else {
        let message = "a place in a list is a selector, `{ before = … }` or `{ page = … }`";
        return Err(Mistake::new(message));
    };
    inner.finish(&[]);
    // If there is no value, its mistake has been reported.
    Ok(first.value.unwrap_or_default())
}

/// Reads a text that searches the entry.
fn within(table: &Table, key: &str, value: &Value, wanted: &str) -> Result<Written, Mistake> {
    match &value.kind {
        ValueKind::Text(text) => Ok(Written {
            at: value.span.start,
            text: text.clone(),
            way: Way::Within,
        }),
        other => Err(table.unwanted(key, other, wanted)),
    }
}

/// Reads `before` or `page`: places outside of the entry.
fn outside(table: &Table, way: &Way) -> ReadKey<Places> {
    let key = way.key();
    let text = |value: &Value| {
        let place = within(table, key, value, PLACE)?;
        Ok(Written {
            way: way.clone(),
            ..place
        })
    };
    table.given(key, |value| listed(key, value, text))
}

/// Reads `{ from = …, until = … }`: entries of several siblings.
fn run(table: &Table, value: &Value) -> Result<Written, Mistake> {
    let inner = table.table_of(value);
    let text = |key| inner.given(key, |value| within(&inner, key, value, PLACE));
    let (from, until) = (text("from"), text("until"));
    inner.finish(&[]);
    if from.at.is_none() {
        return Err(Mistake::new(
            "`select.item` needs `from`: what each entry begins with",
        ));
    }
    let until = until.value.map(|until| (until.at, until.text));
    // If its mistake has been reported, any selector will do.
    let from = from.value.unwrap_or(Written {
        at: value.span.start,
        text: "*".to_owned(),
        way: Way::Within,
    });
    Ok(Written {
        way: Way::Run { until },
        ..from
    })
}

/// Converts the places for the kind of document; `None` if one of them is invalid, which is reported.
fn found<L: Locator>(table: &Table, places: &Places) -> Option<Vec<L>> {
    let read = |written: &Written| {
        let told = |(at, mistake): (Option<usize>, Mistake)| {
            table.wrong(at.unwrap_or(written.at), mistake);
        };
        let place: Result<L, Mistake> = parsed(&written.text);
        let place = place.map_err(|mistake| (None, mistake));
        place
            .and_then(|place| place.looking(&written.way))
            .map_err(told)
            .ok()
    };
    let read: Vec<Option<L>> = places.iter().map(read).collect();
    read.into_iter().collect()
}

fn values<T>(listed: Vec<(usize, T)>) -> Vec<T> {
    listed.into_iter().map(|(_, value)| value).collect()
}
