//! A page of bulletins to raw entries, by CSS selectors.
//!
//! In: the page, its address, the source's rules. Out: one entry a match of `select.item`, in page order, and the next
//! pages. A page where the rules find nothing is an error: its layout has changed.

mod article;
mod auto;
mod cluster;
mod fields;
mod linked_data;
mod outline;
mod reader;
mod score;
mod selectors;
mod votes;

use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

use super::{ExtractError, MAX_ENTRIES};
use crate::dates::Hints;
use crate::model::{
    Channel, Extracted, FieldRule, HtmlRules, Pages, Problem, RawAuthor, RawEntry, RawTag, RawText,
    parse_page, text_of_node,
};
use auto::Wanted;

/// `html5ever` takes time quadratic in the depth of a page (its issue 788): no real page comes near this.
const MAX_DEPTH: usize = 512;

/// Parses a page, unless it is nested deeper than is safe.
pub(super) fn parse(text: &str) -> Result<Html, ExtractError> {
    parse_page(text, MAX_DEPTH).ok_or(ExtractError::TooDeep { limit: MAX_DEPTH })
}

/// Reads a page by `rules`.
///
/// # Errors
/// [`ExtractError::NothingFound`] and [`ExtractError::NoTitles`] when the rules do not fit the page any more.
pub(super) fn read(text: &str, url: &Url, rules: &HtmlRules) -> Result<Extracted, ExtractError> {
    let page = parse(text)?;
    let base = base(&page, url);
    // A match within another one is part of it: were both entries, each level would repeat all that is below.
    let mut items = outermost(matches(page.root_element(), &rules.item));
    // One more than are kept, for them to be missed.
    items.truncate(MAX_ENTRIES + 1);
    if items.is_empty() {
        return Err(ExtractError::NothingFound {
            selector: rules.item.to_string(),
        });
    }
    let entries: Vec<RawEntry> = items
        .iter()
        .map(|item| entry(*item, rules, &base))
        .collect();
    if entries.iter().all(|entry| entry.title.is_none()) {
        return Err(ExtractError::NoTitles {
            selector: rules.item.to_string(),
            matches: items.len(),
        });
    }
    let problems = uneven(&entries, rules);
    Ok(Extracted {
        channel: channel(&page),
        follow: follow(&page, url, &base, rules.pages.as_ref()),
        entries,
        problems,
    })
}

/// Reads a page by its structure.
///
/// # Errors
/// [`ExtractError::NoRecords`] when it has neither a list of records nor an article.
pub(super) fn read_by_structure(
    text: &str,
    url: &Url,
    pages: Option<&Pages>,
    hints: &Hints<'_>,
) -> Result<Extracted, ExtractError> {
    let page = parse(text)?;
    let base = base(&page, url);
    let found = auto::find(&page, &base, hints, Wanted::Entries).ok_or(ExtractError::NoRecords)?;
    Ok(Extracted {
        channel: channel(&page),
        follow: follow(&page, url, &base, pages),
        entries: found.entries,
        problems: Vec::new(),
    })
}

/// The selectors by which a page could be read as [`read_by_structure`] does.
pub(super) fn rules(text: &str, url: &Url, hints: &Hints<'_>) -> Option<HtmlRules> {
    let page = parse(text).ok()?;
    auto::find(&page, &base(&page, url), hints, Wanted::Rules)?.rules
}

fn channel(page: &Html) -> Channel {
    let title = Selector::parse("title").expect("a selector of our own");
    Channel {
        title: page
            .select(&title)
            .next()
            .map(|title| RawText::Plain(text_of_node(*title))),
        language: page.root_element().attr("lang").map(str::to_owned),
        ..Channel::default()
    }
}

/// Where relative addresses start: `<base href>`, else the page.
fn base(page: &Html, url: &Url) -> Url {
    let base = Selector::parse("base[href]").expect("a selector of our own");
    let stated = page.select(&base).next().and_then(|base| base.attr("href"));
    stated
        .and_then(|href| url.join(href).ok())
        .unwrap_or_else(|| url.clone())
}

fn entry(item: ElementRef<'_>, rules: &HtmlRules, base: &Url) -> RawEntry {
    let first = |rule: &Option<FieldRule>| rule.as_ref().and_then(|rule| value(item, rule));
    let every = |rule: &Option<FieldRule>| {
        rule.as_ref()
            .map(|rule| values(item, rule))
            .unwrap_or_default()
    };
    RawEntry {
        title: value(item, &rules.title).map(RawText::Plain),
        link: first(&rules.link).or_else(|| {
            rules
                .link
                .is_none()
                .then(|| title_link(item, &rules.title))
                .flatten()
        }),
        base: Some(base.clone()),
        summary: rules.summary.as_ref().and_then(|rule| markup(item, rule)),
        content: rules.content.as_ref().and_then(|rule| markup(item, rule)),
        published: rules.date.as_ref().and_then(|rule| date(item, rule)),
        authors: every(&rules.author)
            .into_iter()
            .map(|name| RawAuthor { name, url: None })
            .collect(),
        tags: every(&rules.tag).into_iter().map(RawTag::from).collect(),
        ..RawEntry::default()
    }
}

fn matches<'a>(element: ElementRef<'a>, rule: &FieldRule) -> Vec<ElementRef<'a>> {
    match &rule.selector {
        Some(selector) => element.select(selector).collect(),
        None => vec![element],
    }
}

/// The text or the attribute of every match that has one.
fn values(item: ElementRef<'_>, rule: &FieldRule) -> Vec<String> {
    matches(item, rule)
        .into_iter()
        .filter_map(|found| text_or_attribute(found, rule))
        .collect()
}

fn value(item: ElementRef<'_>, rule: &FieldRule) -> Option<String> {
    matches(item, rule)
        .into_iter()
        .find_map(|found| text_or_attribute(found, rule))
}

fn text_or_attribute(found: ElementRef<'_>, rule: &FieldRule) -> Option<String> {
    let text = match &rule.attribute {
        Some(name) => found.attr(name)?.to_owned(),
        None => text_of_node(*found),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Every match as markup, one after the other; an attribute as plain text.
fn markup(item: ElementRef<'_>, rule: &FieldRule) -> Option<RawText> {
    if rule.attribute.is_some() {
        return value(item, rule).map(RawText::Plain);
    }
    let html: String = outermost(matches(item, rule))
        .iter()
        .filter(|element| shows(element))
        .map(ElementRef::html)
        .collect();
    (!html.is_empty()).then_some(RawText::Html(html))
}

/// Whether there is anything in it to read or to look at.
fn shows(element: &ElementRef<'_>) -> bool {
    element.descendants().any(|node| match node.value() {
        Node::Text(text) => !text.trim().is_empty(),
        Node::Element(element) => element.name() == "img",
        _ => false,
    })
}

/// Drops matches within other matches (`div, p`), whose text would stand twice.
fn outermost(found: Vec<ElementRef<'_>>) -> Vec<ElementRef<'_>> {
    let ids: std::collections::HashSet<_> = found.iter().map(|element| element.id()).collect();
    found
        .into_iter()
        .filter(|element| !element.ancestors().any(|above| ids.contains(&above.id())))
        .collect()
}

/// The text or attribute; of `<time datetime>` the attribute, which is there to be read by us.
fn date(item: ElementRef<'_>, rule: &FieldRule) -> Option<String> {
    let stated = matches(item, rule)
        .into_iter()
        .find_map(|found| found.attr("datetime"));
    match stated {
        Some(stated) if rule.attribute.is_none() && !stated.trim().is_empty() => {
            Some(stated.to_owned())
        }
        _ => value(item, rule),
    }
}

/// The link of the title: the title itself, one within it, one around it; else the first link of the item.
fn title_link(item: ElementRef<'_>, rule: &FieldRule) -> Option<String> {
    let link = Selector::parse("a[href]").expect("a selector of our own");
    let title = matches(item, rule).into_iter().next();
    let around = title
        .into_iter()
        .flat_map(|title| title.ancestors())
        .filter_map(ElementRef::wrap);
    let is_link =
        |element: &ElementRef<'_>| element.value().name() == "a" && element.attr("href").is_some();
    let own = title
        .filter(is_link)
        .or_else(|| title.and_then(|title| title.select(&link).next()));
    let found = own
        .or_else(|| around.take(8).find(is_link))
        .or_else(|| item.select(&link).next())?;
    found.attr("href").map(str::to_owned)
}

/// The rules that found something in some entries only. What has neither title nor text is no entry.
fn uneven(entries: &[RawEntry], rules: &HtmlRules) -> Vec<Problem> {
    let says = |entry: &&RawEntry| {
        entry.title.is_some() || entry.summary.is_some() || entry.content.is_some()
    };
    let entries: Vec<&RawEntry> = entries.iter().filter(says).collect();
    let missing = |is_missing: &dyn Fn(&RawEntry) -> bool| {
        entries.iter().filter(|entry| is_missing(entry)).count()
    };
    let counted = [
        ("title", true, missing(&|entry| entry.title.is_none())),
        (
            "link",
            rules.link.is_some(),
            missing(&|entry| entry.link.is_none()),
        ),
        (
            "date",
            rules.date.is_some(),
            missing(&|entry| entry.published.is_none()),
        ),
        (
            "summary",
            rules.summary.is_some(),
            missing(&|entry| entry.summary.is_none()),
        ),
    ];
    let entries = entries.len();
    let uneven = counted
        .into_iter()
        .filter(|(_, wanted, missing)| *wanted && *missing > 0);
    uneven
        .map(|(field, _, missing)| Problem::Uneven {
            field,
            missing,
            entries,
        })
        .collect()
}

/// The next pages; whether they are fetched, and how many, is the daemon's decision.
fn follow(page: &Html, url: &Url, base: &Url, pages: Option<&Pages>) -> Vec<Url> {
    match pages {
        None => Vec::new(),
        Some(Pages::Parameter { name, last }) => (1..=*last)
            .map(|number| with_parameter(url, name, number))
            .collect(),
        Some(Pages::Next { link, .. }) => {
            let next = value(page.root_element(), &link.or_attribute("href"))
                .and_then(|href| base.join(&href).ok());
            next.into_iter()
                .filter(|next| same_site(url, next))
                .collect()
        }
    }
}

fn with_parameter(url: &Url, name: &str, number: u32) -> Url {
    let mut page = url.clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    page.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair(name, &number.to_string());
    page
}

/// A list goes on where it began: a page from the web on its host, a file in its folder.
fn same_site(url: &Url, next: &Url) -> bool {
    let web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let folder = |url: &Url| {
        url.path()
            .rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
    };
    if web(url) {
        web(next) && url.host_str() == next.host_str()
    } else {
        url.scheme() == next.scheme() && folder(url) == folder(next)
    }
}

/// What part of a whole.
fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(page: &str) -> Vec<String> {
        let rule = |text: &str| text.parse().expect("a rule");
        let rules = HtmlRules {
            item: rule(".item"),
            title: rule("h3"),
            link: None,
            date: None,
            summary: Some(rule("p")),
            content: None,
            author: None,
            tag: None,
            pages: None,
        };
        let url = "https://host.example/".parse().expect("an address");
        let entries = read(page, &url, &rules).expect("a page").entries;
        let title = |entry: RawEntry| entry.title.expect("a title").as_str().to_owned();
        entries.into_iter().map(title).collect()
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
