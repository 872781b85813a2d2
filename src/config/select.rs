//! `select`, `detail`, `remove`, `replace`: what an operator says of where things stand in documents.
//!
//! What finds a place depends on the kind of document, which may be said elsewhere: it stays text here ([`Places`])
//! until the source is put together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::diagnostic::{Mistake, parsed};
use super::file::{Kind, Value};
use super::table::{Given, Table};
use super::units;
use crate::model::{Css, Field, Fields, Pattern, Replacement, Rule, Rules};

/// Texts that find places, each with where it stands.
type Places = Vec<(usize, String)>;

const RULE: &str =
    "a selector in quotation marks, a list of them, or a table with `find`, `regex` or `value`";

/// `select`, or the part of `detail` that is like it.
#[derive(Clone, Default)]
pub(super) struct Selected {
    /// What the entries are.
    pub(super) item: Given<Places>,
    fields: BTreeMap<Field, Given<Rule<(usize, String)>>>,
}

impl Selected {
    /// Of a table whose fields may be filled by rules, `item` among them.
    pub(super) fn of_list(table: &Table) -> Self {
        let item = table.given("item", |value| places(table, "item", value));
        let selected = Self {
            item,
            ..Self::of_entry(table)
        };
        table.finish(&[]);
        selected
    }

    /// Of a table for one entry alone.
    fn of_entry(table: &Table) -> Self {
        let rule = |field: Field| {
            let key = field.as_str();
            (field, table.given(key, |value| rule(table, key, value)))
        };
        let fields = Field::ALL.map(rule).into_iter();
        Self {
            item: Given::default(),
            fields: fields.filter(|(_, rule)| rule.at.is_some()).collect(),
        }
    }

    /// These where they stand, else those of `defaults`, each field for itself.
    pub(super) fn over(&self, defaults: &Self) -> Self {
        let mut fields = defaults.fields.clone();
        fields.extend(self.fields.clone());
        Self {
            item: self.item.over(&defaults.item),
            fields,
        }
    }

    /// Whether a mistake has been reported in any of it.
    pub(super) fn is_wrong(&self) -> bool {
        self.item.is_wrong() || self.fields.values().any(Given::is_wrong)
    }

    /// Whether `field` is filled, be it by a group of another field's pattern, or by a mistake.
    fn fills(&self, field: Field) -> bool {
        let rules = self.fields.values().filter_map(|rule| rule.value.as_ref());
        let mut patterns = rules.filter_map(|rule| rule.pattern.as_ref());
        self.fields.contains_key(&field)
            || patterns.any(|pattern| pattern.fields().any(|named| named == field))
    }

    /// The rules of a list; `None` where a mistake, told now or before, leaves none.
    pub(super) fn rules<L: FromStr<Err: fmt::Display>>(
        &self,
        table: &Table,
        at: usize,
    ) -> Option<Rules<L>> {
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
        let item = found(table, self.item.value.as_ref()?)?;
        (!item.is_empty() && self.fills(Field::Title)).then_some(Rules {
            item,
            fields: fields?,
        })
    }

    fn fields<L: FromStr<Err: fmt::Display>>(&self, table: &Table) -> Option<Fields<L>> {
        let rule = |(field, rule): (&Field, &Given<Rule<(usize, String)>>)| {
            let Rule {
                find,
                pattern,
                value,
            } = rule.value.clone()?;
            let rule = Rule {
                find: found(table, &find)?,
                pattern,
                value,
            };
            Some((*field, rule))
        };
        // Every one of them is looked at: each mistake is told.
        let rules: Vec<_> = self.fields.iter().map(rule).collect();
        rules.into_iter().collect()
    }
}

/// `true`, `false`, or a table of rules for the page of an entry.
pub(super) fn detail(table: &Table) -> Given<Option<Fields<Css>>> {
    let Some(Kind::Boolean(wanted)) = table.peek("detail").map(|value| &value.kind) else {
        let inner = table.dotted("detail", "detail.");
        let at = inner.at;
        let fields = inner.value.map(|inner| {
            let selected = Selected::of_entry(&inner);
            // By these an entry is known, and its page found: what the page says of them could change nothing.
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
            inner.finish(&[]);
            selected.fields(&inner).map(Some)
        });
        return Given {
            at,
            value: fields.flatten(),
        };
    };
    let wanted = wanted.then(Fields::default);
    table.flag("detail").map(|_| wanted)
}

/// `remove`: parts of pages that are not there for us.
pub(super) fn remove(table: &Table) -> Given<Vec<Css>> {
    let selector = |text: &str| {
        let css: Css = parsed(text)?;
        match (&css.selector, &css.attribute) {
            (Some(_), None) => Ok(css),
            _ => Err(Mistake::new(format!("`{css}` names no elements"))),
        }
    };
    table.texts("remove", selector).map(values)
}

/// `replace`: a list of `{ field, regex, with }`.
pub(super) fn replace(table: &Table) -> Given<Vec<Replacement>> {
    let at = table.peek("replace").map(|value| value.span.start);
    let tables = table.tables("replace");
    let count = tables.len();
    let replaced: Vec<Replacement> = tables.iter().filter_map(replacement).collect();
    Given {
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

/// The rule of a field: a text, a list, or a table.
fn rule(table: &Table, key: &'static str, value: &Value) -> Result<Rule<(usize, String)>, Mistake> {
    let Kind::Table(_) = value.kind else {
        return Ok(Rule {
            find: places(table, key, value)?,
            pattern: None,
            value: None,
        });
    };
    let inner = table.table_of(value);
    let find = inner.given("find", |value| places(&inner, "find", value));
    let pattern = inner.text("regex", pattern);
    let fixed = inner.text("value", units::line);
    inner.finish(&[]);
    let is_wrong = find.is_wrong() || pattern.is_wrong() || fixed.is_wrong();
    if !is_wrong && find.at.or(fixed.at).is_none() {
        return Err(Mistake::new(format!(
            "`select.{key}` needs `find` or `value`"
        )));
    }
    Ok(Rule {
        find: find.value.unwrap_or_default(),
        pattern: pattern.value,
        value: fixed.value,
    })
}

fn pattern(text: &str) -> Result<Pattern, Mistake> {
    let names = Field::ALL.map(Field::as_str).join(", ");
    parsed(text).map_err(|mistake: Mistake| {
        mistake.hint(format!("groups may be named {names}, as in `(?<date>.+)`"))
    })
}

/// A text or a list of them.
fn places(table: &Table, key: &str, value: &Value) -> Result<Places, Mistake> {
    let text = |value: &Value| match &value.kind {
        Kind::Text(text) => Ok((value.span.start, text.clone())),
        other => Err(table.unwanted(key, other, RULE)),
    };
    match &value.kind {
        Kind::List(values) if !values.is_empty() => values.iter().map(text).collect(),
        Kind::List(_) => Err(Mistake::new(format!("`{key}` is an empty list"))),
        _ => Ok(vec![text(value)?]),
    }
}

/// The places as the kind of document finds them; `None` where one of them does not, which is told.
fn found<L: FromStr<Err: fmt::Display>>(table: &Table, places: &Places) -> Option<Vec<L>> {
    let read = |(at, text): &(usize, String)| {
        let told = |mistake| table.wrong(*at, mistake);
        parsed(text).map_err(told).ok()
    };
    let read: Vec<Option<L>> = places.iter().map(read).collect();
    read.into_iter().collect()
}

fn values<T>(listed: Vec<(usize, T)>) -> Vec<T> {
    listed.into_iter().map(|(_, value)| value).collect()
}
