//! A page of bulletins to raw entries, without selectors.
//!
//! In: the parsed page, where its relative addresses start, what its dates may mean. Out: the records that the page is
//! for, or the article that it is.
//!
//! Linked titles of one tag path divide the page into records ([`cluster`](super::cluster)); where a record has its
//! title, date and text is voted by all of them ([`fields`](super::fields)); the list that looks most like what a page
//! is for wins ([`score`](super::score)). Neither classes nor the tags of HTML5 are needed. Linear in the page.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::cluster::{self, List, Record};
use super::fields::{Fields, Parts};
use super::linked_data::{self, LinkedData};
use super::outline::Outline;
use super::reader::Reader;
use super::score::{self, Signs};
use super::{article, ratio, selectors};
use crate::dates::Hints;
use crate::extract::{MAX_ENTRIES, json};
use crate::model::{Css, RawEntry, RawText, Rules};

/// How many of the best lists are also tried with what stands between their records.
const SPREAD: usize = 12;

/// How many siblings before a title may belong to it.
const MAX_LEAD: usize = 2;

/// A list of shorter titles, of which none has a date, is navigation.
const MIN_TITLE: f64 = 0.4;

/// Scripts that hold data.
const DATA: &str = "script#__NEXT_DATA__, script[type='application/json' i]";

/// What a page was found to hold.
pub(super) struct Found {
    /// In page order.
    pub(super) entries: Vec<RawEntry>,
    /// The selectors that find the same records; none for an article, and where no selectors do.
    pub(super) rules: Option<Rules<Css>>,
    /// The script that they stand in, where its markup has none.
    pub(super) script: Option<Css>,
}

/// How much is wanted to be known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The entries alone, at every poll.
    Entries,
    /// The selectors too, for an operator.
    Rules,
}

/// A list that was looked at closely.
struct Judged {
    records: Vec<Record>,
    fields: Fields,
    signs: Signs,
}

/// Finds what the page is for; `None` when it has neither a list of records nor an article.
pub(super) fn find(page: &Html, base: &Url, hints: &Hints<'_>, wanted: Wanted) -> Option<Found> {
    let outline = Outline::of(page, base);
    let reader = Reader::new(&outline, hints);
    let list = best(&reader, base).filter(Judged::is_list);
    let stated = LinkedData::of(page, base);
    let article = article::find(page, &reader).filter(|article| {
        let list = list.as_ref();
        list.is_none_or(|list| article.outweighs(list.letters(&outline), &list.records))
    });
    let without_rules = |entries| Found {
        entries,
        rules: None,
        script: None,
    };
    Some(match (article, list) {
        (Some(article), _) => {
            let entry = article.entry(&reader, base);
            without_rules(vec![match stated.only() {
                Some(stated) => linked_data::completed(entry, stated),
                None => entry,
            }])
        }
        (None, Some(list)) => {
            let list = list.completed(&reader).without_bare(&reader);
            let parts = list.parts(&reader);
            let lead = Lead::of(&reader, &parts);
            // Selectors find no date above a record, and none among the words of a text.
            let has_own = lead == Lead::Nothing && parts.iter().all(|parts| !parts.is_headed);
            let rules = || selectors::rules(page, &reader, &list.records, &parts);
            Found {
                entries: entries(&parts, lead, &reader, base, &stated),
                rules: (wanted == Wanted::Rules && has_own).then(rules).flatten(),
                script: None,
            }
        }
        (None, None) => {
            let list = stated.into_list().map(without_rules);
            list.or_else(|| embedded(page, base, hints))?
        }
    })
}

/// The entries of the JSON that a page carries for the program that shows them: its markup has none.
fn embedded(page: &Html, base: &Url, hints: &Hints<'_>) -> Option<Found> {
    let scripts = Selector::parse(DATA).expect("a selector of our own");
    let scripts: Vec<ElementRef<'_>> = page.select(&scripts).collect();
    let texts: Vec<String> = scripts
        .iter()
        .map(|script| script.text().collect())
        .collect();
    let based = |entry: RawEntry| RawEntry {
        base: Some(base.clone()),
        ..entry
    };
    let (place, list) = json::list_in(&texts, hints)?;
    Some(Found {
        entries: list.entries.into_iter().map(based).collect(),
        rules: None,
        script: scripts.get(place).and_then(|script| named(*script)),
    })
}

/// The selector of a script: by its id, else by what all that hold data have in common.
fn named(script: ElementRef<'_>) -> Option<Css> {
    let by_id = |id| format!("script#{id}").parse().ok();
    let of_any = || "script[type='application/json' i]".parse().ok();
    script.attr("id").and_then(by_id).or_else(of_any)
}

/// The list that the page is for.
fn best(reader: &Reader<'_, '_>, base: &Url) -> Option<Judged> {
    let judge = |records: Vec<Record>| Judged::new(reader, records, base);
    let lists = cluster::lists(reader.outline).into_iter();
    let mut judged: Vec<Judged> = lists.map(|List { records, .. }| judge(records)).collect();
    judged.sort_by(|one, other| other.signs.score().total_cmp(&one.signs.score()));
    let spread: Vec<Vec<Record>> = judged
        .iter()
        .take(SPREAD)
        .filter(|list| cluster::is_loose(reader.outline, &list.records))
        .flat_map(|list| (0..=MAX_LEAD).map(move |lead| (list, lead)))
        .filter(|(list, lead)| *lead == 0 || leads_with_date(reader, &list.records, *lead))
        .map(|(list, lead)| cluster::spread(reader.outline, &list.records, lead))
        .collect();
    judged.extend(spread.into_iter().map(judge));
    // Among equals the last: what leads with a date was spread last.
    judged
        .into_iter()
        .max_by(|one, other| one.signs.score().total_cmp(&other.signs.score()))
}

/// Whether a date stands `lead` siblings before most records, the first among them.
fn leads_with_date(reader: &Reader<'_, '_>, records: &[Record], lead: usize) -> bool {
    let outline = reader.outline;
    let before = |record: &Record| {
        let parent = outline.at(record.start).parent;
        let siblings: Vec<usize> = outline.roots(parent + 1..record.start).collect();
        let leading = siblings.len().checked_sub(lead);
        leading.and_then(|place| siblings.get(place).copied())
    };
    let dated = |record: &&Record| before(record).is_some_and(|index| reader.date(index).is_some());
    let voters = records.iter().take(20);
    let count = voters.clone().filter(dated).count();
    count * 5 >= voters.len() * 4 && records.first().is_some_and(|first| dated(&first))
}

impl Judged {
    fn new(reader: &Reader<'_, '_>, records: Vec<Record>, base: &Url) -> Self {
        let fields = Fields::of(reader, &records);
        let signs = Signs::of(reader, &records, &fields, base);
        Self {
            records,
            fields,
            signs,
        }
    }

    /// Whether it can be what a page is for at all.
    fn is_list(&self) -> bool {
        let Signs {
            titles,
            first,
            dated,
            headed,
            texts,
            ..
        } = &self.signs;
        *first >= 0.5 && (*titles >= MIN_TITLE || dated.max(*headed).max(*texts) >= 0.5)
    }

    fn letters(&self, outline: &Outline<'_>) -> usize {
        self.records
            .iter()
            .map(|record| outline.letters(record))
            .sum()
    }

    /// With the siblings that are records as well, though their links stand elsewhere, and without those that are none.
    fn completed(mut self, reader: &Reader<'_, '_>) -> Self {
        let outline = reader.outline;
        // One more than are kept, for them to be missed.
        self.records.truncate(MAX_ENTRIES + 1);
        let mut known = HashSet::new();
        let mut tags = HashSet::new();
        for record in &self.records {
            // Only where each record is an element can a sibling be one.
            if outline.at(record.start).end != record.end {
                return self;
            }
            tags.insert(outline.at(record.start).name());
            known.extend(score::shape(reader, record));
        }
        let is_cut = self.records.len() > MAX_ENTRIES;
        let last = self.records.last().map_or(0, |record| record.start);
        let end = if is_cut { last } else { outline.len() };
        let taken: HashSet<usize> = self.records.iter().map(|record| record.start).collect();
        let parents: HashSet<usize> = self
            .records
            .iter()
            .map(|record| outline.at(record.start).parent)
            .collect();
        let alike = |sibling: &usize| {
            let record = outline.range(*sibling);
            let shape = score::shape(reader, &record);
            let shared = shape.intersection(&known).count();
            let parts = self.fields.parts(reader, &record);
            tags.contains(outline.at(*sibling).name())
                && parts.title.is_some()
                && ratio(shared, shape.len().max(1)) >= 0.7
                && (self.signs.dated < 0.8 || parts.date.is_some())
                && (self.signs.texts < 0.8 || !parts.summary.is_empty())
        };
        let missed: Vec<Record> = parents
            .iter()
            .flat_map(|parent| outline.roots(parent + 1..outline.at(*parent).end))
            .filter(|sibling| !taken.contains(sibling) && *sibling < end)
            .filter(alike)
            .map(|sibling| outline.range(sibling))
            .collect();
        let mut records: Vec<Record> = self.records.iter().cloned().chain(missed).collect();
        records.sort_by_key(|record| record.start);
        Self { records, ..self }
    }

    /// Without links such as `All news` among the titles: much shorter than these, with neither date nor text.
    fn without_bare(self, reader: &Reader<'_, '_>) -> Self {
        let outline = reader.outline;
        let letters = |record: &Record| {
            let parts = self.fields.parts(reader, record);
            let title = parts
                .title
                .map_or(0, |title| outline.letters(&outline.range(title)));
            let is_bare = parts.date.is_none() && reader.text_letters(record, &parts) == 0;
            (title, is_bare)
        };
        let titles: Vec<(usize, bool)> = self.records.iter().map(letters).collect();
        let mut lengths: Vec<usize> = titles.iter().map(|(letters, _)| *letters).collect();
        lengths.sort_unstable();
        let usual = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
        let count = self.records.len();
        let all = self.records.into_iter().zip(titles);
        let kept = all.filter(|(_, (letters, is_bare))| !is_bare || letters * 3 >= usual);
        let records: Vec<Record> = kept.map(|(record, _)| record).collect();
        // What is no record has voted too.
        let fields = if records.len() < count {
            Fields::of(reader, &records)
        } else {
            self.fields
        };
        Self {
            records,
            fields,
            ..self
        }
    }

    fn parts(&self, reader: &Reader<'_, '_>) -> Vec<Parts> {
        let parts = |record| self.fields.parts(reader, record);
        self.records.iter().map(parts).collect()
    }
}

/// What begins with the date, in most records of a list without dates of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// `29/11/2021 - Title`
    Title,
    /// `29 November 2021: The text beside the title …`
    Text,
    Nothing,
}

impl Lead {
    fn of(reader: &Reader<'_, '_>, parts: &[Parts]) -> Self {
        let voters = parts.iter().take(20);
        let most = |lead: Self| {
            let leads = voters.clone().filter(|parts| {
                let title = parts.title_text(reader).unwrap_or_default();
                parts.date.is_none() && lead.parted(reader, parts, title).0.is_some()
            });
            leads.count() * 4 >= voters.len() * 3
        };
        let leads = [Self::Title, Self::Text];
        leads
            .into_iter()
            .find(|lead| most(*lead))
            .unwrap_or(Self::Nothing)
    }

    /// The date, and the title without it.
    fn parted(
        self,
        reader: &Reader<'_, '_>,
        parts: &Parts,
        title: String,
    ) -> (Option<String>, String) {
        let whole = match self {
            Self::Title => title.clone(),
            Self::Text => parts.summary_first(reader).unwrap_or_default(),
            Self::Nothing => String::new(),
        };
        match reader.leading_date(&whole) {
            Some((date, rest)) if self == Self::Title => (Some(date.to_owned()), rest.to_owned()),
            Some((date, _)) => (Some(date.to_owned()), title),
            None => (None, title),
        }
    }
}

/// What records are made of to entries, completed by what the page states of them.
fn entries(
    parts: &[Parts],
    lead: Lead,
    reader: &Reader<'_, '_>,
    base: &Url,
    stated: &LinkedData,
) -> Vec<RawEntry> {
    let entry = |parts: &Parts| {
        let link = parts
            .link
            .and_then(|link| reader.outline.at(link).attr("href"));
        let title = parts.title_text(reader)?;
        let (date, title) = lead.parted(reader, parts, title);
        let seen = RawEntry {
            title: Some(RawText::Plain(title)),
            link: link.map(str::to_owned),
            base: Some(base.clone()),
            summary: parts.summary_text(reader),
            published: parts.date_text(reader).or(date),
            ..RawEntry::default()
        };
        Some(match link.and_then(|link| stated.entry(link, base)) {
            Some(stated) => linked_data::completed(seen, stated),
            None => seen,
        })
    };
    parts.iter().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    /// Title and address of each entry.
    fn check(page: &str, expected: &[(&str, &str)]) {
        let hints = Hints {
            language: None,
            order: None,
            learned: None,
            zone: chrono_tz::UTC,
            now: DateTime::parse_from_rfc3339("2021-12-01T12:00:00Z")
                .unwrap()
                .to_utc(),
        };
        let base: Url = "https://host.example/news".parse().unwrap();
        let page = Html::parse_document(page);
        let found = find(&page, &base, &hints, Wanted::Entries);
        let entries = found.map(|found| found.entries).unwrap_or_default();
        let shown = entries.iter().map(|entry| {
            let title = entry.title.as_ref().map_or("", RawText::as_str);
            (title, entry.link.as_deref().unwrap_or_default())
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_page_of_menus_is_no_list() {
        check("", &[]);
        check("<frameset><frame src=a></frameset>", &[]);
        check(
            "<ul><li><a href=a>Home</a><li><a href=b>About us</a><li><a href=c>Contact</a></ul>",
            &[],
        );
    }

    #[test]
    fn links_in_running_text_are_no_titles() {
        let paragraph = |n: usize| {
            format!(
                "<p>The counter at the crossing was opened in spring, as the office had told, and <a href=/{n}>the \
                 report number {n} of the office</a> says what came of it in the months that followed.</p>"
            )
        };
        let text: String = (0..6).map(paragraph).collect();
        let page = format!("<h1>A year of the counter</h1><div>{text}</div>");
        check(
            &page,
            &[("A year of the counter", "https://host.example/news")],
        );
    }

    #[test]
    fn what_the_page_only_states_is_read() {
        let article = |n: usize| {
            format!(r#"{{"@type":["Thing","NewsArticle"],"headline":"Title {n}","url":"/{n}"}}"#)
        };
        let path = r#"{"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","name":"Home","item":"/"}]}"#;
        let page = format!(
            r#"<script type="application/ld+json">{{"@graph":[{path},{},{},{}]}}</script><div id=app></div>"#,
            article(1),
            article(2),
            article(1)
        );
        check(&page, &[("Title 1", "/1"), ("Title 2", "/2")]);
        check(
            r#"<script type="application/ld+json">{"@type":</script>"#,
            &[],
        );
    }

    #[test]
    fn a_record_with_another_way_to_its_title_is_one_too() {
        let record = |n: usize, open: &str, close: &str| {
            format!(
                "<div><h3>{open}<a href=/{n}>The {n}th notice of the office</a>{close}</h3><span>{n} June 2021</span></div>"
            )
        };
        let page = record(1, "", "") + &record(2, "<b>", "</b>") + &record(3, "", "");
        check(
            &page,
            &[
                ("The 1th notice of the office", "/1"),
                ("The 2th notice of the office", "/2"),
                ("The 3th notice of the office", "/3"),
            ],
        );
    }
}
