//! Reads entries by rules, independent of the language that finds places in the document.
//!
//! In: a [`Record`], one entry's part of a document, and the [`Rules`] of its source. Out: a [`RawEntry`],
//! and for all entries of a document the rules that match in only some of them.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::ExtractError;
use crate::model::{
    Extracted, Field, Fields, Find, Problem, RawAuthor, RawEnclosure, RawEntry, RawImage, RawTag,
    RawText, Rule, Rules,
};

/// The maximum number of values of one field of one entry.
const MAX_VALUES: usize = 100;

/// The part of a document that is one entry. `At` finds places in it.
pub(super) trait EntryRecord {
    /// The type that finds places in it.
    type At;

    /// Returns the texts of all places that `at` finds, without blank ones.
    fn find_texts(&self, at: &Self::At) -> Vec<String>;

    /// Returns a text with the type that the format gives it.
    fn typed_text(&self, found: String) -> RawText;

    /// Returns the match of `at` as running text, with its markup if there is any.
    fn find_body(&self, at: &Self::At) -> Option<RawText> {
        let texts = self.find_texts(at);
        (!texts.is_empty()).then(|| self.typed_text(texts.join("\n\n")))
    }

    /// Returns a machine-readable date at the place, if it differs from the text.
    fn find_date(&self, at: &Self::At) -> Option<String> {
        self.find_texts(at).into_iter().next()
    }

    /// Returns an address at the place, if it differs from the text.
    fn find_addresses(&self, at: &Self::At) -> Vec<String> {
        self.find_texts(at)
    }

    /// Returns the files at the place, each with its name there.
    fn find_files(&self, at: &Self::At) -> Vec<RawEnclosure> {
        let addresses = self.find_addresses(at).into_iter();
        addresses.map(file_from_url).collect()
    }

    /// Returns the first picture at the place, with its description in the format.
    fn find_image(&self, at: &Self::At) -> Option<RawImage> {
        let first = self.find_addresses(at).into_iter().next();
        first.map(RawImage::from)
    }
}

/// Returns the entries of all records that `rules.item` found, and their problems.
///
/// # Errors
/// Returns [`ExtractError::NothingFound`] and [`ExtractError::NoTitles`] if the rules no longer fit the
/// document.
pub(super) fn read_records<R: EntryRecord<At: Display>>(
    records: &[R],
    rules: &Rules<R::At>,
) -> Result<Extracted, ExtractError> {
    let selector = || join_places(&rules.item);
    if records.is_empty() {
        return Err(ExtractError::NothingFound {
            selector: selector(),
        });
    }
    let entries: Vec<RawEntry> = records
        .iter()
        .map(|record| read_record(record, &rules.fields))
        .collect();
    if entries.iter().all(|entry| entry.title.is_none()) {
        return Err(ExtractError::NoTitles {
            selector: selector(),
            matches: records.len(),
        });
    }
    Ok(Extracted {
        problems: find_uneven_rules(&entries, &rules.fields),
        entries,
        ..Extracted::default()
    })
}

/// Returns a file of which only the address is known.
fn file_from_url(url: String) -> RawEnclosure {
    RawEnclosure {
        url,
        ..RawEnclosure::default()
    }
}

/// Drops the problems of rules that match in only some entries. If this program chose the rules, an operator
/// cannot act on such problems.
pub(super) fn without_doubts(extracted: Extracted) -> Extracted {
    Extracted {
        problems: Vec::new(),
        ..extracted
    }
}

/// Returns places as an operator wrote them.
pub(super) fn join_places<L: Display>(places: &[L]) -> String {
    let written: Vec<String> = places.iter().map(L::to_string).collect();
    written.join(", else ")
}

/// The matches of the rules of one entry.
pub(super) struct RuleMatches<'a, R: EntryRecord> {
    record: &'a R,
    fields: &'a Fields<R::At>,
    /// Values that patterns cut out, by the field that they are for.
    cut: BTreeMap<Field, Vec<String>>,
}

/// Returns the entry of one record.
pub(super) fn read_record<R: EntryRecord>(record: &R, fields: &Fields<R::At>) -> RawEntry {
    let found = RuleMatches {
        record,
        fields,
        cut: apply_patterns(record, fields),
    };
    let text = |field| Some(record.typed_text(found.first_value(field)?));
    RawEntry {
        guid: found.first_value(Field::Guid),
        title: text(Field::Title),
        link: found.first_value(Field::Link),
        summary: found.read_body(Field::Summary),
        content: found.read_body(Field::Content),
        published: found.first_value(Field::Date),
        updated: found.first_value(Field::Updated),
        event: found.first_value(Field::Event),
        image: found.read_image(),
        authors: found.map_values(Field::Author, |name| RawAuthor { name, url: None }),
        tags: found.map_values(Field::Tag, RawTag::from),
        enclosures: found.read_files(),
        ..RawEntry::default()
    }
}

/// Applies the patterns and returns the values they cut out. A pattern that does not match leaves its field
/// without a value: the uncut text is not what the operator asked for.
fn apply_patterns<R: EntryRecord>(
    record: &R,
    fields: &Fields<R::At>,
) -> BTreeMap<Field, Vec<String>> {
    let mut cut: BTreeMap<Field, Vec<String>> = BTreeMap::new();
    for (field, rule) in fields.iter() {
        let Some(pattern) = &rule.pattern else {
            continue;
        };
        let parts = find_values(record, field, rule);
        let parts = parts.iter().flat_map(|text| pattern.extract_parts(text));
        for (named, part) in parts.take(MAX_VALUES) {
            let part = part.trim();
            if !part.is_empty() {
                let values = cut.entry(named.unwrap_or(field)).or_default();
                values.push(part.to_owned());
            }
        }
    }
    cut
}

/// Returns the values of the first place that has any, or one value of all parts if they are joined.
fn find_values<R: EntryRecord>(record: &R, field: Field, rule: &Rule<R::At>) -> Vec<String> {
    let values = |at: &R::At| match field {
        Field::Date | Field::Updated | Field::Event => record.find_date(at).into_iter().collect(),
        Field::Link | Field::Image | Field::Enclosure => record.find_addresses(at),
        _ => record.find_texts(at),
    };
    // A part of a date may be in several elements too.
    let all = |at: &R::At| {
        let several = Some(record.find_texts(at)).filter(|texts| texts.len() > 1);
        several.unwrap_or_else(|| values(at))
    };
    match &rule.find {
        Find::First(places) => first_values(places, values),
        Find::Joined { parts, with } => {
            let values = parts.iter().flat_map(|places| match field {
                Field::Date | Field::Updated | Field::Event => first_values(places, all),
                _ => first_values(places, values),
            });
            let values: Vec<String> = values.take(MAX_VALUES).collect();
            let values: Vec<&str> = values.iter().map(|value| value.trim()).collect();
            let joined = (!values.is_empty()).then(|| values.join(with));
            joined.into_iter().collect()
        }
    }
}

fn first_values<L>(places: &[L], values: impl Fn(&L) -> Vec<String>) -> Vec<String> {
    let mut found = places.iter().map(values);
    found.find(|values| !values.is_empty()).unwrap_or_default()
}

/// Returns the running text of the first place that has any, or of all parts if they are joined.
fn read_body<R: EntryRecord>(record: &R, find: &Find<R::At>) -> Option<RawText> {
    let first = |places: &Vec<R::At>| places.iter().find_map(|at| record.find_body(at));
    match find {
        Find::First(places) => first(places),
        Find::Joined { parts, with } => join_texts(parts.iter().filter_map(first).collect(), with),
    }
}

/// Joins running texts: as markup if any of them is markup.
fn join_texts(texts: Vec<RawText>, with: &str) -> Option<RawText> {
    let is_html = texts.iter().any(|text| matches!(text, RawText::Html(_)));
    let is_unsaid = texts.iter().any(|text| matches!(text, RawText::Unsaid(_)));
    let markup = |text: RawText| match text {
        RawText::Html(html) | RawText::Unsaid(html) => html,
        RawText::Plain(text) => escape_text(&text),
    };
    let plain = |texts: &[RawText]| {
        let texts: Vec<&str> = texts.iter().map(|text| text.as_str().trim()).collect();
        texts.join(with)
    };
    match (texts.is_empty(), is_html, is_unsaid) {
        (true, _, _) => None,
        (_, true, _) => {
            let texts: Vec<String> = texts.into_iter().map(markup).collect();
            Some(RawText::Html(texts.join(&escape_text(with))))
        }
        (_, false, true) => Some(RawText::Unsaid(plain(&texts))),
        (_, false, false) => Some(RawText::Plain(plain(&texts))),
    }
}

/// Escapes a text as markup.
pub(super) fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl<R: EntryRecord> RuleMatches<'_, R> {
    /// Returns the field's rule, unless a pattern cuts its value out of a match.
    fn plain_rule(&self, field: Field) -> Option<&Rule<R::At>> {
        self.fields.get(field).filter(|rule| rule.pattern.is_none())
    }

    fn field_values(&self, field: Field) -> Vec<String> {
        let rule = self.plain_rule(field);
        let mut values = rule
            .map(|rule| find_values(self.record, field, rule))
            .unwrap_or_default();
        if values.is_empty() {
            values = self.fallback_values(field);
        }
        values.truncate(MAX_VALUES);
        values
    }

    /// Returns the values that patterns cut out for the field, else its fixed value.
    fn fallback_values(&self, field: Field) -> Vec<String> {
        let fixed = || self.fields.get(field)?.value.clone();
        let cut = self.cut.get(&field).cloned();
        cut.unwrap_or_else(|| fixed().into_iter().collect())
    }

    fn first_value(&self, field: Field) -> Option<String> {
        self.field_values(field).into_iter().next()
    }

    fn map_values<T>(&self, field: Field, made: impl Fn(String) -> T) -> Vec<T> {
        self.field_values(field).into_iter().map(made).collect()
    }

    fn read_files(&self) -> Vec<RawEnclosure> {
        let seen = |rule: &Rule<R::At>| match &rule.find {
            Find::First(places) => {
                let mut found = places.iter().map(|at| self.record.find_files(at));
                found.find(|files| !files.is_empty())
            }
            Find::Joined { .. } => None,
        };
        let seen = self.plain_rule(Field::Enclosure).and_then(seen);
        let mut files = seen.unwrap_or_else(|| self.map_values(Field::Enclosure, file_from_url));
        files.truncate(MAX_VALUES);
        files
    }

    fn read_image(&self) -> Option<RawImage> {
        let seen = |rule: &Rule<R::At>| match &rule.find {
            Find::First(places) => places.iter().find_map(|at| self.record.find_image(at)),
            Find::Joined { .. } => None,
        };
        let seen = self.plain_rule(Field::Image).and_then(seen);
        seen.or_else(|| self.first_value(Field::Image).map(RawImage::from))
    }

    /// Returns running text, with its markup if it is used as found.
    fn read_body(&self, field: Field) -> Option<RawText> {
        let rule = self.plain_rule(field);
        let found = rule.and_then(|rule| read_body(self.record, &rule.find));
        found.or_else(|| {
            let texts = self.fallback_values(field);
            (!texts.is_empty()).then(|| RawText::Plain(texts.join("\n\n")))
        })
    }
}

/// Reports the rules that match in only some entries. An entry without title and text does not count.
pub(super) fn find_uneven_rules<L>(entries: &[RawEntry], fields: &Fields<L>) -> Vec<Problem> {
    let says = |entry: &&RawEntry| {
        entry.title.is_some() || entry.summary.is_some() || entry.content.is_some()
    };
    let entries: Vec<&RawEntry> = entries.iter().filter(says).collect();
    let wanted =
        |field: &Field| fields.get(*field).is_some() || fields.is_filled_by_pattern(*field);
    let missing = |field| {
        let missing = entries
            .iter()
            .filter(|entry| !has_field(entry, field))
            .count();
        (missing > 0).then_some(Problem::Uneven {
            field: field.as_str(),
            missing,
            entries: entries.len(),
        })
    };
    // Authors, tags, pictures and files are optional in every entry.
    let expected = [
        Field::Title,
        Field::Link,
        Field::Date,
        Field::Summary,
        Field::Content,
        Field::Guid,
    ];
    expected
        .into_iter()
        .filter(wanted)
        .filter_map(missing)
        .collect()
}

/// Returns true if an entry has a value in `field`.
pub(super) fn has_field(entry: &RawEntry, field: Field) -> bool {
    match field {
        Field::Title => entry.title.is_some(),
        Field::Link => entry.link.is_some(),
        Field::Date => entry.published.is_some(),
        Field::Updated => entry.updated.is_some(),
        Field::Event => entry.event.is_some(),
        Field::Summary => entry.summary.is_some(),
        Field::Content => entry.content.is_some(),
        Field::Author => !entry.authors.is_empty(),
        Field::Tag => !entry.tags.is_empty(),
        Field::Guid => entry.guid.is_some(),
        Field::Image => entry.image.is_some(),
        Field::Enclosure => !entry.enclosures.is_empty(),
    }
}
