//! Assigns the columns of a list to fields.
//!
//! In: the columns of a list. Out: the places of each field, and how much the list resembles a list of
//! records.
//!
//! A column is judged by its content first: a title is short text that differs from record to record, an
//! address has the form of an address and differs too, a day has the form of a date. After that its name
//! counts for or against a role.

mod readability;

use std::collections::HashSet;

use self::readability::{TextMeasures, measure_texts};
use super::columns::Column;
use super::names::{NameSense, NameSenses};
use super::values::{self, DayForm};
use super::{PathOrigin, RulePlace, TreeStep, ratio};
use crate::dates::DateHints;
use crate::model::Field;

/// The maximum number of places for a field, if the records do not all have it in the same place.
const MAX_PLACES: usize = 3;

/// The maximum length of a title.
const MAX_TITLE_CHARS: usize = 500;

/// The maximum length of a text named as a body that may be a name instead.
const SHORT_CHARS: f64 = 60.0;

/// The score of such a text as a title.
const SHORT_BODY: f64 = 0.4;

/// The maximum length of a title that contains a link. A longer text with a link is about something else.
const MAX_MARKED_CHARS: f64 = 600.0;

/// The minimum length of an unnamed text that counts as a summary.
const MIN_TEXT_CHARS: f64 = 60.0;

/// The number of texts tried before a column of dates is given up.
const TRIED_DATES: usize = 12;

/// Senses of a name that rule out a title.
const NO_TITLE: [NameSense; 13] = [
    NameSense::Author,
    NameSense::Party,
    NameSense::Tag,
    NameSense::Place,
    NameSense::Kind,
    NameSense::Code,
    NameSense::Image,
    NameSense::Link,
    NameSense::Content,
    NameSense::Others,
    NameSense::End,
    NameSense::Updated,
    NameSense::File,
];

/// Senses of an enclosing name that make a title the title of something else.
const OF_ANOTHER: [NameSense; 8] = [
    NameSense::Author,
    NameSense::Party,
    NameSense::Tag,
    NameSense::Place,
    NameSense::Kind,
    NameSense::Image,
    NameSense::File,
    NameSense::Others,
];

/// The fields found among the columns of a list.
#[derive(Debug, Default)]
pub(super) struct FieldColumns<'a> {
    pub(super) fields: Vec<(Field, Vec<RulePlace<'a>>)>,
    /// The score of its titles, from 0 to 1.
    pub(super) title: f64,
    /// The clarity with which a name marks them as titles, from 0 to 1.
    pub(super) title_name: f64,
    /// The readability of the titles for people, from 0 to 1.
    pub(super) readable: f64,
    /// The share of records with a title.
    pub(super) titled: f64,
    /// The share of titles that differ from the others.
    pub(super) distinct: f64,
    /// The share of records with a day that may be their own.
    pub(super) dated: f64,
    /// True if that day is one of publication or of an event, not merely a date.
    pub(super) is_day_named: bool,
    /// The share of records with an address of their own.
    pub(super) linked: f64,
    /// The amount of text in the records apart from the title, in characters.
    pub(super) text_chars: f64,
}

/// The relation of a date to its record, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DayKind {
    /// A date of something else: a deadline, a birthday, a bound.
    Other,
    Updated,
    /// A date without a name that supports it.
    Unnamed,
    /// The day that the record is about.
    Event,
    Plain,
    Created,
    Published,
}

/// A column and measures of its content.
struct JudgedColumn<'c, 'a> {
    column: &'c Column<'a>,
    filled: f64,
    distinct: f64,
    /// The share of its texts that are dates, and the share of these dates that have only one meaning.
    days: f64,
    plain_days: f64,
    has_never: bool,
    addresses: f64,
    /// The share of its texts that have a link in their markup.
    markup_links: f64,
    files: f64,
    images: f64,
    for_programs: f64,
    /// The share of its texts that contain words.
    worded: f64,
    chars: f64,
    title: f64,
    title_name: f64,
    readable: f64,
}

/// Assigns these columns of `records` records to fields.
pub(super) fn assign_fields<'a>(
    columns: &[Column<'a>],
    records: usize,
    hints: &DateHints<'_>,
) -> FieldColumns<'a> {
    let judged = columns
        .iter()
        .map(|column| JudgedColumn::judge(column, records, hints));
    let judged: Vec<JudgedColumn<'_, 'a>> = judged.collect();
    let mut roles = FieldColumns::default();
    let titles = rank_columns(&judged, |column| column.title);
    let Some(title) = titles.first().copied() else {
        return roles;
    };
    (roles.title, roles.title_name) = (title.title, title.title_name);
    (roles.distinct, roles.readable) = (title.distinct, title.readable);
    let named = |column: &&JudgedColumn<'_, '_>| column.title_name >= 0.6;
    let others = titles.iter().skip(1).filter(|column| named(column));
    let titles: Vec<_> = std::iter::once(title).chain(others.copied()).collect();
    roles.titled = roles.assign_field(Field::Title, &titles);
    roles.assign_dates(&judged, title);
    roles.assign_addresses(&judged, title, records);
    roles.assign_texts(&judged, title);
    roles.assign_people_and_tags(&judged);
    roles.fields.sort_by_key(|(field, _)| *field);
    roles
}

/// Returns the place of the surest day that a document states once for all its records, among the columns
/// outside any list.
pub(super) fn find_single_date<'a>(
    columns: &[Column<'a>],
    hints: &DateHints<'_>,
) -> Option<RulePlace<'a>> {
    let judged = columns
        .iter()
        .map(|column| JudgedColumn::judge(column, 1, hints));
    let judged: Vec<JudgedColumn<'_, 'a>> =
        judged.filter(|column| !column.column.is_many).collect();
    let day = date_columns(&judged).into_iter().find(|(kind, _)| {
        matches!(
            kind,
            DayKind::Published | DayKind::Created | DayKind::Plain | DayKind::Event
        )
    })?;
    Some(day.1.column.place.clone())
}

/// Returns true if the names of the records are days.
pub(super) fn are_days<'t>(
    mut names: impl Iterator<Item = &'t str>,
    hints: &DateHints<'_>,
) -> bool {
    let is_day = |name: &str| {
        name.len() >= 8
            && matches!(
                values::date_form(name, false, hints),
                Some(DayForm::Plain | DayForm::Written)
            )
    };
    names.all(is_day)
}

impl<'a> FieldColumns<'a> {
    /// Keeps the first of the columns for a field, and further ones if some records lack it. Returns the
    /// share of records that have it.
    fn assign_field(&mut self, field: Field, columns: &[&JudgedColumn<'_, 'a>]) -> f64 {
        let Some(first) = columns.first() else {
            return 0.0;
        };
        let wanted = if first.filled >= 1.0 { 1 } else { MAX_PLACES };
        let kept = columns.iter().take(wanted);
        let places = kept.clone().map(|column| column.column.place.clone());
        self.fields.push((field, places.collect()));
        let records: HashSet<usize> = kept
            .clone()
            .flat_map(|column| column.column.texts.iter().map(|(at, _)| *at))
            .collect();
        let own = first.column.texts.len().max(1);
        (first.filled * ratio(records.len(), own)).min(1.0)
    }

    /// Assigns the day of publication, or else the day that the record is about, and the day of the last
    /// change.
    ///
    /// This is the only function that distinguishes them: to add a field for the day of an event, fill it
    /// here from the columns of [`DayKind::Event`].
    fn assign_dates(&mut self, judged: &[JudgedColumn<'_, 'a>], title: &JudgedColumn<'_, 'a>) {
        let days: Vec<_> = date_columns(judged)
            .into_iter()
            .filter(|(_, column)| !std::ptr::eq(*column, title))
            .collect();
        let of = |kinds: &[DayKind]| -> Vec<&JudgedColumn<'_, 'a>> {
            let wanted = days.iter().filter(|(kind, _)| kinds.contains(kind));
            wanted.map(|(_, column)| *column).collect()
        };
        let dates = of(&[
            DayKind::Published,
            DayKind::Created,
            DayKind::Plain,
            DayKind::Event,
            DayKind::Unnamed,
        ]);
        self.dated = self.assign_field(Field::Date, &dates);
        let first = days.first().map(|(kind, _)| *kind);
        self.is_day_named = first.is_some_and(|kind| kind > DayKind::Unnamed);
        self.assign_field(Field::Updated, &of(&[DayKind::Updated]));
    }

    /// Assigns the address for people or else a file, further files, and a picture.
    fn assign_addresses(
        &mut self,
        judged: &[JudgedColumn<'_, 'a>],
        title: &JudgedColumn<'_, 'a>,
        records: usize,
    ) {
        let mut links = rank_columns(judged, |column| column.score_as_link(title, records));
        let files = rank_columns(judged, JudgedColumn::score_as_file);
        let is_only =
            |file: &&JudgedColumn<'_, '_>| file.is_mostly_distinct(records) && !file.column.is_many;
        links.extend(files.iter().copied().filter(is_only));
        self.linked = self.assign_field(Field::Link, &links);
        self.assign_field(Field::Enclosure, &files);
        self.assign_field(
            Field::Image,
            &rank_columns(judged, JudgedColumn::score_as_image),
        );
        if links.is_empty() {
            self.assign_field(
                Field::Guid,
                &rank_columns(judged, |column| column.score_as_identifier(records)),
            );
        } else {
            self.assign_field(
                Field::Guid,
                &rank_columns(judged, JudgedColumn::score_as_guid),
            );
        }
    }

    fn assign_texts(&mut self, judged: &[JudgedColumn<'_, 'a>], title: &JudgedColumn<'_, 'a>) {
        let is_new = |column: &JudgedColumn<'_, '_>| {
            !std::ptr::eq(column, title) && column.column.texts != title.column.texts
        };
        let summaries = rank_columns(judged, |column| {
            if is_new(column) {
                column.score_as_text(NameSense::Summary)
            } else {
                0.0
            }
        });
        let contents = rank_columns(judged, |column| {
            if is_new(column) {
                column.score_as_text(NameSense::Content)
            } else {
                0.0
            }
        });
        let unnamed = || {
            rank_columns(judged, |column| {
                if is_new(column) {
                    column.score_as_unnamed_text()
                } else {
                    0.0
                }
            })
        };
        let summaries = match (summaries.is_empty(), contents.is_empty()) {
            (true, true) => unnamed().into_iter().take(1).collect(),
            _ => summaries,
        };
        let chars = [&summaries, &contents];
        let chars = chars.iter().filter_map(|columns| columns.first());
        self.text_chars = chars
            .map(|column| column.chars * column.filled)
            .fold(0.0, f64::max);
        self.assign_field(Field::Summary, &summaries);
        self.assign_field(Field::Content, &contents);
    }

    fn assign_people_and_tags(&mut self, judged: &[JudgedColumn<'_, 'a>]) {
        self.assign_field(
            Field::Author,
            &rank_columns(judged, JudgedColumn::score_as_author),
        );
        self.assign_field(
            Field::Tag,
            &rank_columns(judged, JudgedColumn::score_as_tag),
        );
    }
}

/// Returns the columns with a positive score, the best first. Among equals the nearest comes first, then the
/// one whose place sorts first.
fn rank_columns<'j, 'c, 'a>(
    judged: &'j [JudgedColumn<'c, 'a>],
    worth: impl Fn(&JudgedColumn<'c, 'a>) -> f64,
) -> Vec<&'j JudgedColumn<'c, 'a>> {
    let worths = judged.iter().map(|column| (worth(column), column));
    let mut found: Vec<_> = worths.filter(|(worth, _)| *worth > 0.0).collect();
    found.sort_by(|(one, left), (other, right)| {
        let nearer = left.column.levels.cmp(&right.column.levels);
        other.total_cmp(one).then(nearer)
    });
    found.into_iter().map(|(_, column)| column).collect()
}

/// Returns the columns of dates with the kind of each, the surest first.
fn date_columns<'j, 'c, 'a>(
    judged: &'j [JudgedColumn<'c, 'a>],
) -> Vec<(DayKind, &'j JudgedColumn<'c, 'a>)> {
    let of = |column: &'j JudgedColumn<'c, 'a>| Some((column.day_kind()?, column));
    let mut days: Vec<_> = judged.iter().filter_map(of).collect();
    let most = days
        .iter()
        .map(|(_, column)| column.filled)
        .fold(0.0, f64::max);
    days.sort_by_cached_key(|(kind, column)| {
        let is_rare = column.filled * 2.0 < most;
        // All records on one day: the day of an import. In a list of one day this shows nothing.
        let is_constant =
            column.column.texts.len() > 3 && column.distinct * column.text_count() <= 1.0;
        let own = column.column.own;
        // A list of varying length, so it has several days.
        let is_listed = column.column.place.way.contains(&TreeStep::Each);
        (
            is_rare || column.has_never,
            is_constant && *kind != DayKind::Published,
            is_listed,
            std::cmp::Reverse(*kind),
            !own.senses.has(NameSense::Utc),
            column.plain_days < 0.9,
            column.column.levels,
            own.parts,
        )
    });
    days
}

impl<'c, 'a> JudgedColumn<'c, 'a> {
    fn judge(column: &'c Column<'a>, records: usize, hints: &DateHints<'_>) -> Self {
        let own = column.own.senses;
        let texts = &column.texts;
        let names_link = column.senses().has_any(&[
            NameSense::Link,
            NameSense::Web,
            NameSense::File,
            NameSense::Image,
        ]);
        let share = |wanted: &dyn Fn(&str) -> bool| {
            ratio(
                texts.iter().filter(|(_, text)| wanted(text)).count(),
                texts.len(),
            )
        };
        let DayShares {
            days,
            plain: plain_days,
            times,
            has_never,
        } = measure_dates(column, hints);
        let is_linked = |text: &str| values::only_link(text).is_some();
        let addresses = share(&|text| values::is_address(text, names_link));
        let distinct: HashSet<&str> = texts.iter().map(|(_, text)| text.trim()).collect();
        let chars = texts
            .iter()
            .map(|(_, text)| text.chars().take(4 * MAX_TITLE_CHARS).count());
        let is_address = addresses > 0.5;
        let mut judged = Self {
            column,
            filled: ratio(texts.len(), records),
            distinct: ratio(distinct.len(), texts.len()),
            days,
            plain_days,
            has_never,
            addresses,
            markup_links: share(&is_linked),
            files: if is_address {
                share(&values::is_file_address)
            } else {
                0.0
            },
            images: if is_address {
                share(&values::is_image_address)
            } else {
                0.0
            },
            for_programs: if is_address {
                share(&values::is_machine_address)
            } else {
                0.0
            },
            worded: share(&|text| text.chars().any(char::is_alphabetic)),
            chars: ratio(chars.sum(), texts.len()),
            title: 0.0,
            title_name: 0.0,
            readable: 0.0,
        };
        let is_text = days + times < 0.5 && !is_address && judged.worded >= 0.5 && !column.is_many;
        if is_text && judged.chars <= f64::from(u16::try_from(MAX_TITLE_CHARS).unwrap_or(u16::MAX))
        {
            let said = measure_texts(column);
            judged.title_name = score_title_name(own, column);
            judged.readable = said.readable;
            // A "body" of a few words is a committee or another body of people.
            let is_short = judged.chars <= SHORT_CHARS
                && own == NameSenses::from_senses(&[NameSense::Content]);
            if is_short && column.levels == 0 {
                judged.title_name = SHORT_BODY;
            }
            judged.title = judged.score_as_title(&said);
        }
        judged
    }

    /// Returns the number of its texts.
    fn text_count(&self) -> f64 {
        ratio(self.column.texts.len(), 1)
    }

    /// Scores the column as the title, by its name, the information in its texts and its position.
    fn score_as_title(&self, said: &TextMeasures) -> f64 {
        let depth = 0.93_f64.powi(i32::try_from(self.column.levels).unwrap_or(i32::MAX));
        let worth = said.readable * (0.3 + 0.7 * self.distinct) * (0.4 + 0.6 * said.news);
        let missing = self.filled.min(1.0);
        missing * depth * (0.25 + 0.75 * self.title_name) * worth
    }

    fn day_kind(&self) -> Option<DayKind> {
        if self.days < 0.5 || self.column.is_many {
            return None;
        }
        if self.column.place.origin == PathOrigin::Name {
            return Some(DayKind::Plain);
        }
        let (own, all) = (self.column.own.senses, self.column.senses());
        let of_another = [
            NameSense::Author,
            NameSense::Image,
            NameSense::Others,
            NameSense::End,
            NameSense::Unsure,
        ];
        Some(if all.has_any(&of_another) {
            DayKind::Other
        } else if all.has(NameSense::Updated) {
            DayKind::Updated
        } else if own.has(NameSense::Published)
            || own.has(NameSense::File) && own.has(NameSense::Date)
        {
            DayKind::Published
        } else if own.has(NameSense::Created) {
            DayKind::Created
        } else if all.has(NameSense::Event) {
            DayKind::Event
        } else if all.has(NameSense::Published) {
            DayKind::Published
        } else if all.has(NameSense::Created) {
            DayKind::Created
        } else if all.has(NameSense::Date) {
            DayKind::Plain
        } else {
            DayKind::Unnamed
        })
    }

    /// Returns true if each record has a different value.
    fn is_mostly_distinct(&self, records: usize) -> bool {
        records < 2 || self.distinct > 0.5 && self.distinct * self.text_count() > 1.0
    }

    /// Scores the column as the address of the record.
    fn score_as_link(&self, title: &Self, records: usize) -> f64 {
        let senses = self.column.senses();
        let of_another = [
            NameSense::Image,
            NameSense::Author,
            NameSense::Party,
            NameSense::Place,
            NameSense::Tag,
            NameSense::Others,
        ];
        let is_file =
            self.files > 0.5 || senses.has(NameSense::File) && !senses.has(NameSense::Web);
        let is_text = self
            .column
            .own
            .senses
            .has_any(&[NameSense::Content, NameSense::Summary]);
        let is_marked = self.markup_links > 0.5 && self.chars <= MAX_MARKED_CHARS && !is_text;
        let is_none = self.addresses < 0.5 && !is_marked
            || self.column.is_many
            || senses.has_any(&of_another)
            || self.images > 0.5
            || is_file
            || !self.is_mostly_distinct(records)
            || !self.is_adjacent_to(title);
        if is_none {
            return 0.0;
        }
        let own = self.column.own;
        let name = if own.senses.union(self.column.near).has(NameSense::Api) {
            0.3
        } else if senses.has(NameSense::Web) {
            1.0
        } else if own.senses.has(NameSense::Link) && own.parts == 1 {
            0.9
        } else if senses.has(NameSense::Paper) {
            0.5
        } else if senses.has(NameSense::Link) {
            0.8
        } else {
            0.4
        };
        let depth = 0.95_f64.powi(i32::try_from(self.column.levels).unwrap_or(i32::MAX));
        let for_people = if self.for_programs > 0.5 { 0.5 } else { 1.0 };
        name * depth * for_people * (0.3 + 0.7 * self.filled)
    }

    /// Returns true if its address belongs to the title's subject: it is next to the title, around it, or
    /// among links.
    fn is_adjacent_to(&self, title: &Self) -> bool {
        let container = self.column.container();
        let is_around = title.column.place.way.starts_with(container);
        let among_links = [
            NameSense::Link,
            NameSense::Web,
            NameSense::Api,
            NameSense::Derived,
            NameSense::Paper,
        ];
        is_around || self.column.around.has_any(&among_links)
    }

    fn score_as_file(&self) -> f64 {
        let senses = self.column.senses();
        let of_another = [
            NameSense::Image,
            NameSense::Author,
            NameSense::Party,
            NameSense::Others,
            NameSense::Tag,
        ];
        let is_named = senses.has(NameSense::File)
            || senses.has(NameSense::Paper) && !senses.has(NameSense::Web);
        let is_file = self.files > 0.3 || is_named;
        if self.addresses < 0.5 || !is_file || senses.has_any(&of_another) || self.images > 0.5 {
            return 0.0;
        }
        if self.for_programs > 0.5 && self.files <= 0.3 && self.column.own.parts > 1 {
            return 0.0;
        }
        let name = if is_named { 1.0 } else { 0.7 };
        let form = if self.files > 0.3 { 1.0 } else { 0.6 };
        name * form * (0.2 + 0.8 * self.filled)
    }

    fn score_as_image(&self) -> f64 {
        let senses = self.column.senses();
        if senses.has_any(&[NameSense::Author, NameSense::Party, NameSense::Others]) {
            return 0.0;
        }
        let is_named =
            senses.has(NameSense::Image) && !senses.has(NameSense::Kind) && self.addresses > 0.5;
        if is_named && self.files < 0.5 {
            return self.filled;
        }
        if self.images > 0.5 {
            0.5 * self.filled
        } else {
            0.0
        }
    }

    /// Scores the column as the guid, by its name.
    fn score_as_guid(&self) -> f64 {
        // `guid.rendered` is a guid too.
        let name = self.column.place.way.iter().find_map(TreeStep::name);
        let is_own = self.column.levels == 0 && !self.column.is_many;
        let is_guid = name.is_some_and(|name| {
            name.eq_ignore_ascii_case("guid") || name.eq_ignore_ascii_case("uuid")
        });
        if is_own && is_guid { self.filled } else { 0.0 }
    }

    /// Scores the column as an identifier for records without an address: a code of their own, not their
    /// number in the list.
    fn score_as_identifier(&self, records: usize) -> f64 {
        let last = self.column.place.way.last().and_then(TreeStep::name);
        let is_called = last.is_some_and(|name| {
            let name = name.trim_start_matches(['@', '_', '#']);
            let known = [
                "id",
                "guid",
                "uuid",
                "identifier",
                "identificador",
                "identifiant",
                "kennung",
            ];
            known.iter().any(|known| name.eq_ignore_ascii_case(known))
        });
        let is_long = || self.chars >= 3.0;
        let is_sure = self.column.levels == 0
            && !self.column.is_many
            && self.filled >= 1.0
            && self.distinct >= 1.0
            && (records < 2 || is_long());
        if is_called && is_sure { 1.0 } else { 0.0 }
    }

    fn score_as_text(&self, sense: NameSense) -> f64 {
        let own = self.column.own.senses;
        let of_another = [
            NameSense::Author,
            NameSense::Party,
            NameSense::Place,
            NameSense::Image,
            NameSense::File,
            NameSense::Others,
            NameSense::Kind,
            NameSense::Code,
            NameSense::Link,
            NameSense::Tag,
        ];
        // A "body" that has a name is one of people.
        let is_text = own.has(sense)
            && !own.has_any(&[NameSense::Name, NameSense::Title])
            && !(self.column.is_many && self.column.levels > 0)
            && self.worded >= 0.5
            && self.addresses < 0.5
            && self.days < 0.5
            && !self.column.senses().has_any(&of_another);
        if !is_text {
            return 0.0;
        }
        let exact = if self.column.own.parts == 1 { 1.0 } else { 0.8 };
        let derived = if own.has(NameSense::Derived) {
            0.6
        } else {
            1.0
        };
        let depth = 0.9_f64.powi(i32::try_from(self.column.levels).unwrap_or(i32::MAX));
        exact * derived * depth * (0.2 + 0.8 * self.filled)
    }

    /// Scores a long text that has no name for or against it.
    fn score_as_unnamed_text(&self) -> f64 {
        let against = [
            NameSense::Author,
            NameSense::Party,
            NameSense::Place,
            NameSense::Image,
            NameSense::File,
            NameSense::Others,
            NameSense::Kind,
            NameSense::Code,
            NameSense::Link,
            NameSense::Tag,
            NameSense::Derived,
        ];
        let is_long = self.chars >= MIN_TEXT_CHARS && self.distinct > 0.5 && self.worded > 0.9;
        let is_text = is_long && self.addresses < 0.5 && self.days < 0.5 && !self.column.is_many;
        if !is_text || self.column.senses().has_any(&against) {
            return 0.0;
        }
        self.filled * self.chars.min(400.0)
    }

    fn score_as_author(&self) -> f64 {
        let is_person = self.column.senses().has(NameSense::Author)
            && !self.column.senses().has_any(&[
                NameSense::Image,
                NameSense::Code,
                NameSense::Link,
                NameSense::Kind,
            ])
            && self.days < 0.5
            && self.has_words();
        let is_name =
            self.column
                .own
                .senses
                .has_any(&[NameSense::Author, NameSense::Name, NameSense::Title]);
        if is_person && is_name {
            self.filled
        } else {
            0.0
        }
    }

    fn score_as_tag(&self) -> f64 {
        let senses = self.column.senses();
        let of_another = [
            NameSense::Code,
            NameSense::Link,
            NameSense::Image,
            NameSense::Summary,
            NameSense::Kind,
        ];
        let is_tag = senses.has(NameSense::Tag) && !senses.has_any(&of_another) && self.has_words();
        let is_name =
            self.column
                .own
                .senses
                .has_any(&[NameSense::Tag, NameSense::Name, NameSense::Title]);
        if is_tag && is_name { self.filled } else { 0.0 }
    }

    fn has_words(&self) -> bool {
        let is_address = |text: &str| text.contains("://") || text.contains('@');
        let plain = self.column.texts.iter().all(|(_, text)| !is_address(text));
        let plain = plain
            && !self
                .column
                .texts
                .iter()
                .all(|(_, text)| values::is_identifier(text));
        self.worded >= 0.5 && self.chars <= 120.0 && plain
    }
}

/// Returns how clearly the column's name marks it as the title.
fn score_title_name(own: NameSenses, column: &Column<'_>) -> f64 {
    if column.place.origin != PathOrigin::Entry {
        return 0.3;
    }
    let mut clear: f64 = if own.has(NameSense::Title) {
        if column.own.parts == 1 { 1.0 } else { 0.9 }
    } else if own.has(NameSense::Name) {
        if column.own.parts == 1 { 0.8 } else { 0.7 }
    } else if own.has_any(&NO_TITLE) {
        0.05
    } else if own.has_any(&[NameSense::Summary, NameSense::Event, NameSense::Paper]) {
        0.4
    } else {
        0.3
    };
    if own.has_any(&[NameSense::Derived, NameSense::Unsure]) {
        clear *= 0.7;
    }
    let has_title = own.has(NameSense::Title);
    // A "body" that has a name is one of people.
    let against = NO_TITLE
        .iter()
        .filter(|sense| **sense != NameSense::Content);
    let is_of_another = against.into_iter().any(|sense| own.has(*sense));
    if !has_title && own.has(NameSense::Name) && is_of_another || column.around.has_any(&OF_ANOTHER)
    {
        clear *= 0.2;
    }
    if has_title && own.has_any(&[NameSense::Kind, NameSense::Image, NameSense::Author]) {
        clear *= 0.5;
    }
    clear
}

/// Shares of dates among the texts of a column.
struct DayShares {
    /// Dates as a share of the texts.
    days: f64,
    /// The share of the dates that have only one meaning.
    plain: f64,
    /// The share of the texts that are times without a day.
    times: f64,
    /// True if one of the texts means "never".
    has_never: bool,
}

fn measure_dates(column: &Column<'_>, hints: &DateHints<'_>) -> DayShares {
    let own = column.own.senses;
    let is_other = own.has_any(&[
        NameSense::Title,
        NameSense::Name,
        NameSense::Summary,
        NameSense::Content,
        NameSense::Place,
        NameSense::Link,
        NameSense::Code,
        NameSense::Author,
    ]);
    let around = column.around.has(NameSense::Date)
        || own.is_empty()
            && column
                .around
                .has_any(&[NameSense::Event, NameSense::Published]);
    let is_named = (own.has_any(&[NameSense::Date, NameSense::Created, NameSense::Updated])
        || around)
        && !is_other;
    let is_counted =
        is_named || own.has_any(&[NameSense::Published, NameSense::Event]) && !is_other;
    let (mut days, mut plain, mut times, mut never) = (0, 0, 0, false);
    for (tried, (_, text)) in column.texts.iter().enumerate() {
        if tried == TRIED_DATES && days + times == 0 {
            break;
        }
        let counts = is_counted && text.bytes().all(|byte| byte.is_ascii_digit());
        match values::date_form(text, is_named || counts, hints) {
            Some(DayForm::Plain) => (days, plain) = (days + 1, plain + 1),
            Some(DayForm::Written) => days += 1,
            Some(DayForm::Never) => (days, never) = (days + 1, true),
            Some(DayForm::Time) => times += 1,
            None => {}
        }
    }
    let share = |count: usize| ratio(count, column.texts.len());
    DayShares {
        days: share(days),
        plain: ratio(plain, days),
        times: share(times),
        has_never: never,
    }
}
