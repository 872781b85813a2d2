//! Reads a page of bulletins into raw entries, by CSS selectors.
//!
//! In: the page, its address, the source's rules. Out: one entry per match of `select.item`, in page order,
//! and the next pages. If the rules match nothing on a page, that is an error: its layout has changed.

mod article;
mod embedded;
mod leads;
mod files;
mod head;
mod items;
mod linked_data;
pub(super) mod lists;
mod outline;
mod page;
mod parts;
mod picture;
mod readable;
mod reader;
mod record;
mod selectors;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::follow;
use super::rules;
use super::{ExtractError, ListEvidence, ListReason, RankedList};
use crate::dates::{self, DateHints};
use crate::model::{
    Css, DocumentMetadata, Extracted, Field, Language, Layout, Problem, RawEntry, RawText, Reading,
    Rules, Source,
};
use crate::text::{parse_page, text_of_node};
use linked_data::LinkedData;
use lists::{SearchedPage, WantedLists, Weights};
use record::{EntryPart, EntrySpan, PageMatches};

pub(super) use leads::find_leads;
pub(super) use lists::FoundList;
pub(super) use page::{ReadPage, read_entry_page};
pub(super) use record::linked_address;

/// The maximum depth of a page. `html5ever` takes time quadratic in the depth (its issue 788), and no real
/// page comes near this.
const MAX_DEPTH: usize = 512;

/// The length of a day, `2026-03-02`, in characters.
const DAY_CHARS: usize = 10;

/// Parses a page, unless it is nested too deeply, and removes the elements that `remove` selects.
pub(super) fn parse_and_prune(text: &str, remove: &[Css]) -> Result<Html, ExtractError> {
    let page = parse_page(text, MAX_DEPTH).ok_or(ExtractError::TooDeep { limit: MAX_DEPTH })?;
    Ok(prune_page(page, remove))
}

fn prune_page(mut page: Html, remove: &[Css]) -> Html {
    let selectors = remove.iter().filter_map(|css| css.selector.as_ref());
    let found: Vec<_> = selectors
        .flat_map(|selector| page.select(selector))
        .map(|element| element.id())
        .collect();
    for id in found {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
    page
}

/// Reads a page by `rules`.
///
/// # Errors
/// Returns [`ExtractError::NothingFound`] and [`ExtractError::NoTitles`] if the rules no longer fit the page.
pub(super) fn read_by_rules(
    text: &str,
    url: &Url,
    rules: &Rules<Css>,
    source: &Source,
) -> Result<Extracted, ExtractError> {
    let page = parse_and_prune(text, &source.remove)?;
    let base = page_base(&page, url);
    let items = items::find_items(&page, rules);
    if items.spans.is_empty() {
        return Err(ExtractError::NothingFound {
            selector: rules::join_places(&rules.item),
        });
    }
    let around = PageMatches::from_page(&page, &items.spans, &rules.fields);
    let parts = parts::number_parts(items.spans.iter().map(EntrySpan::ancestor_ids));
    let entries: Vec<RawEntry> = items
        .spans
        .iter()
        .zip(parts)
        .map(|(span, part)| RawEntry {
            list: Some(part),
            ..read_entry(&EntryPart::new(span, &around), rules, &base)
        })
        .collect();
    if entries.iter().all(|entry| entry.title.is_none()) {
        return Err(ExtractError::NoTitles {
            selector: rules::join_places(&rules.item),
            matches: items.spans.len(),
        });
    }
    let nested = (items.dropped > 0).then_some(Problem::Nested {
        entries: items.spans.len(),
        dropped: items.dropped,
    });
    let uneven = rules::find_uneven_rules(&entries, &rules.fields);
    let problems = nested.into_iter().chain(uneven).collect();
    Ok(Extracted {
        channel: read_channel(&page),
        follow: follow::next_page(&page, url, &base, source.pages.as_ref()),
        entries,
        problems,
        ..Extracted::default()
    })
}

/// Returns the selectors of `remove` that match nothing on a page.
pub(super) fn find_idle_selectors(text: &str, remove: &[Css]) -> Vec<Problem> {
    let Ok(page) = parse_and_prune(text, &[]) else {
        return Vec::new();
    };
    let idle = remove
        .iter()
        .filter(|css| find_matches(page.root_element(), css).is_empty());
    idle.map(|css| Problem::RemovesNothing {
        selector: css.to_string(),
    })
    .collect()
}

/// Reads a page by its structure: by the layout that its source keeps, else as what it most likely is.
///
/// # Errors
/// Returns [`ExtractError::NoRecords`] if it has neither a list of records nor an article, and
/// [`ExtractError::NoLayout`] if nothing on it has the layout that was kept.
pub(super) fn read_by_structure(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    let page = parse_and_prune(text, &source.remove)?;
    let base = page_base(&page, url);
    let hints = page_hints(&page, hints);
    let stated = LinkedData::from_page(&page, &base);
    let subject = SearchedPage {
        page: &page,
        url,
        base: &base,
        hints: &hints.hints(),
        stated: &stated,
    };
    let kept = source.layout.as_ref();
    let of_markup = kept.filter(|layout| !layout.is_machine_readable());
    let look = lists::search_page(
        subject,
        of_markup.map_or(WantedLists::Best, WantedLists::Kept),
    );
    let order = look.order;
    let found = look.lists.into_iter().next();
    let (entries, layout) = match (found, kept) {
        (Some(found), None) => (found.entries, found.layout),
        (Some(found), Some(layout)) if !layout.is_machine_readable() => {
            (found.entries, found.layout)
        }
        (None, Some(layout)) if !layout.is_machine_readable() => {
            return Err(ExtractError::NoLayout {
                layout: layout.clone(),
            });
        }
        (_, kept) => {
            // Programs may state one record any number of times.
            let alone = |entries: Vec<RawEntry>| {
                let numbered = entries.into_iter().enumerate();
                let alone = numbered.map(|(place, entry)| RawEntry {
                    list: Some(place),
                    ..entry
                });
                alone.collect()
            };
            let listed = stated.into_list().map(alone).or_else(|| {
                Some(embedded::find_embedded_list(&page, &base, &hints.hints())?.entries)
            });
            let none = || {
                kept.map_or(ExtractError::NoRecords, |layout| ExtractError::NoLayout {
                    layout: layout.clone(),
                })
            };
            (listed.ok_or_else(none)?, Layout::machine_readable())
        }
    };
    let more = look.more.map(|(found, layout)| Problem::ReadsLess {
        records: entries.len(),
        found,
        layout,
    });
    Ok(Extracted {
        channel: read_channel(&page),
        follow: follow::next_page(&page, url, &base, source.pages.as_ref()),
        entries,
        problems: more.into_iter().collect(),
        layout: Some(layout),
        date_order: order,
    })
}

/// Returns the lists of a page that is read by its structure: at most `most`, the best first.
pub(super) fn find_lists(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
    most: usize,
) -> Result<Vec<FoundList>, ExtractError> {
    let page = parse_and_prune(text, &source.remove)?;
    let base = page_base(&page, url);
    let hints = page_hints(&page, hints);
    let stated = LinkedData::from_page(&page, &base);
    let subject = SearchedPage {
        page: &page,
        url,
        base: &base,
        hints: &hints.hints(),
        stated: &stated,
    };
    Ok(lists::search_page(subject, WantedLists::Several(most)).lists)
}

/// Returns the lists of a page: at most `count`, the best first. The first is the one that
/// [`read_by_structure`] reads without a layout, if it reads any: the data that a page states for programs
/// may precede its markup.
pub(super) fn rank_lists(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
    count: usize,
) -> Vec<RankedList> {
    let Ok(found) = find_lists(text, url, source, hints, count) else {
        return Vec::new();
    };
    let fresh = Source {
        layout: None,
        ..source.clone()
    };
    let data = data_list(text, url, &fresh, hints, found.first());
    let lists = found.into_iter().map(|found| {
        let rules = found.rules.filter(|rules| {
            let read = read_by_rules(text, url, rules, &fresh);
            read.is_ok_and(|read| are_same_records(&read.entries, &found.entries, url, hints))
        });
        let (reading, layout) = match rules {
            Some(rules) => (Reading::Html(Box::new(rules)), None),
            None => (Reading::Page, Some(found.layout)),
        };
        let reasons = found.reasons.into_iter();
        let reasons = reasons.map(|(measure, weight)| ListReason {
            measure,
            weight,
            has_more: (weight > 0.0) == (Weights::built_in().measure_weight(measure) > 0.0),
        });
        RankedList::new(
            reading,
            layout,
            &found.entries,
            ListEvidence::Weighed(reasons.collect()),
        )
    });
    data.into_iter().chain(lists).take(count).collect()
}

/// Returns the list that a page states for programs, if it takes precedence over the `first` list of its
/// markup.
fn data_list(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
    first: Option<&FoundList>,
) -> Option<RankedList> {
    let read = read_by_structure(text, url, source, hints).ok()?;
    if first.is_some_and(|first| read.layout.as_ref() == Some(&first.layout)) {
        return None;
    }
    let page = parse_and_prune(text, &source.remove).ok()?;
    let base = page_base(&page, url);
    let is_linked = LinkedData::from_page(&page, &base).into_list().is_some();
    let embedded = || embedded::find_embedded_list(&page, &base, hints)?.script;
    let script = if is_linked { None } else { embedded() };
    let why = "no list of its markup is as sure as what the page states for programs";
    let (reading, layout) = match script {
        Some(script) => {
            let reading = Reading::Json {
                script: Some(script),
                rules: None,
            };
            (reading, None)
        }
        None => (Reading::Page, read.layout),
    };
    let why = ListEvidence::Said(why.to_owned());
    Some(RankedList::new(reading, layout, &read.entries, why))
}

/// Returns true if two ways to read a page find the same records: titles, addresses and days.
fn are_same_records(
    one: &[RawEntry],
    other: &[RawEntry],
    url: &Url,
    hints: &DateHints<'_>,
) -> bool {
    let written = one.iter().chain(other);
    let order = dates::detect_order(written.filter_map(|entry| entry.published.as_deref()));
    let hints = DateHints {
        learned: order.or(hints.learned),
        ..*hints
    };
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| record_key(one, url, &hints) == record_key(other, url, &hints))
}

/// Returns the title, address and day of an entry, independent of their notation.
fn record_key(
    entry: &RawEntry,
    url: &Url,
    hints: &DateHints<'_>,
) -> (String, Option<Url>, Option<String>) {
    let words = |title: &RawText| {
        let words: Vec<&str> = title.as_str().split_whitespace().collect();
        words.join(" ")
    };
    let base = entry.base.as_ref().unwrap_or(url);
    let address = entry.link.as_deref();
    let day = entry.published.as_deref();
    (
        entry.title.as_ref().map(words).unwrap_or_default(),
        address.and_then(|link| base.join(link.trim()).ok()),
        day.and_then(|text| dates::parse_field(text, hints))
            .map(|read| read.dated.format_local().chars().take(DAY_CHARS).collect()),
    )
}

/// Hints for the dates of a page. If the source has no language, they take the page's own.
struct PageHints<'h> {
    hints: DateHints<'h>,
    language: Option<Language>,
}

impl PageHints<'_> {
    fn hints(&self) -> DateHints<'_> {
        DateHints {
            language: self.hints.language.or(self.language.as_ref()),
            ..self.hints
        }
    }
}

fn page_hints<'h>(page: &Html, hints: &DateHints<'h>) -> PageHints<'h> {
    let stated = page.root_element().attr("lang");
    PageHints {
        hints: *hints,
        language: stated.and_then(|language| language.trim().parse().ok()),
    }
}

/// Returns the texts or attributes that `css` selects in a page, including scripts, and the base of relative
/// addresses.
pub(super) fn select_texts(
    text: &str,
    url: &Url,
    remove: &[Css],
    css: &Css,
) -> Result<(Url, Vec<String>), ExtractError> {
    let page = parse_and_prune(text, remove)?;
    let text = |found: ElementRef<'_>| match &css.attribute {
        Some(name) => found.attr(name).map(str::to_owned),
        None => Some(found.text().collect()),
    };
    let found = find_matches(page.root_element(), css).into_iter();
    Ok((page_base(&page, url), found.filter_map(text).collect()))
}

/// Returns the layout that a fresh look finds, and the selectors that find the same records. Ignores the kept
/// layout.
pub(super) fn find_fresh_layout(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
) -> Option<(Layout, Option<Rules<Css>>)> {
    let found = find_lists(text, url, source, hints, 1)
        .ok()?
        .into_iter()
        .next();
    if let Some(found) = found {
        return Some((found.layout, found.rules));
    }
    let unkept = Source {
        layout: None,
        ..source.clone()
    };
    let read = read_by_structure(text, url, &unkept, hints).ok()?;
    Some((read.layout?, None))
}

/// Returns a reading equivalent to [`read_by_structure`]: selectors, or the script that contains the records.
pub(super) fn find_reading(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
) -> Option<Reading> {
    let found = find_lists(text, url, source, hints, 1).ok()?;
    let fresh = Source {
        layout: None,
        ..source.clone()
    };
    if let Some(data) = data_list(text, url, &fresh, hints, found.first()) {
        return Some(data.reading).filter(|reading| matches!(reading, Reading::Json { .. }));
    }
    let found = found.into_iter().next()?;
    let kept = source.layout.as_ref();
    let rules = found
        .rules
        .filter(|_| kept.is_none_or(|kept| *kept == found.layout));
    rules.map(|rules| Reading::Html(Box::new(rules)))
}

fn read_channel(page: &Html) -> DocumentMetadata {
    let title = Selector::parse("title").expect("a selector of our own");
    DocumentMetadata {
        title: page
            .select(&title)
            .next()
            .map(|title| RawText::Plain(text_of_node(*title))),
        language: page.root_element().attr("lang").map(str::to_owned),
        ..DocumentMetadata::default()
    }
}

/// Returns the base of relative addresses: `<base href>`, else the page.
fn page_base(page: &Html, url: &Url) -> Url {
    let base = Selector::parse("base[href]").expect("a selector of our own");
    let stated = page.select(&base).next().and_then(|base| base.attr("href"));
    stated
        .and_then(|href| url.join(href).ok())
        .unwrap_or_else(|| url.clone())
}

fn read_entry(part: &EntryPart<'_>, rules: &Rules<Css>, base: &Url) -> RawEntry {
    let entry = rules::read_record(part, &rules.fields);
    let of_title = || part.title_link(rules.fields.get(Field::Title));
    let is_told =
        rules.fields.get(Field::Link).is_some() || rules.fields.is_filled_by_pattern(Field::Link);
    RawEntry {
        link: entry.link.or_else(|| (!is_told).then(of_title).flatten()),
        base: Some(base.clone()),
        ..entry
    }
}

/// Returns the elements that a selector finds below an element, or the element itself if the selector names
/// it.
fn find_matches<'a>(element: ElementRef<'a>, css: &Css) -> Vec<ElementRef<'a>> {
    let Some(selector) = &css.selector else {
        return vec![element];
    };
    let own = css.names_self && selector.matches_with_scope(&element, Some(element));
    let own = own.then_some(element).into_iter();
    own.chain(element.select(selector)).collect()
}

/// Drops matches within other matches (`div, p`), whose text would appear twice.
fn keep_outermost(found: Vec<ElementRef<'_>>) -> Vec<ElementRef<'_>> {
    let ids: std::collections::HashSet<_> = found.iter().map(|element| element.id()).collect();
    found
        .into_iter()
        .filter(|element| !element.ancestors().any(|above| ids.contains(&above.id())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::MAX_ENTRIES;
    use crate::model::Rule;

    fn read_by(page: &str, item: &str, rules: &[(Field, &str)]) -> Vec<RawEntry> {
        let at = |css: &str| css.parse::<Css>().expect("a selector");
        let rule = |(field, css): &(Field, &str)| (*field, Rule::from_place(at(css)));
        let rules = Rules {
            item: vec![at(item)],
            fields: rules.iter().map(rule).collect(),
        };
        let url = "https://host.example/".parse().expect("an address");
        let source = crate::normalize::tests::source();
        read_by_rules(page, &url, &rules, &source)
            .expect("a page")
            .entries
    }

    fn titles(page: &str) -> Vec<String> {
        let rules = [(Field::Title, "h3"), (Field::Summary, "p")];
        let title = |entry: RawEntry| entry.title.expect("a title").as_str().to_owned();
        read_by(page, ".item", &rules)
            .into_iter()
            .map(title)
            .collect()
    }

    #[test]
    fn a_match_within_a_match_is_no_entry() {
        let nested = "<div class=item><h3>a</h3><div class=item><h3>b</h3></div></div>";
        assert_eq!(titles(&format!("{nested}{nested}")), ["a", "a"]);
    }

    #[test]
    fn a_long_list_is_cut_before_it_is_read() {
        let page = "<div class=item><h3>a</h3></div>".repeat(MAX_ENTRIES + 100);
        assert_eq!(titles(&page).len(), MAX_ENTRIES + 1);
    }
}
