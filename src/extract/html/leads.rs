//! A page to what it leads to beside its records: feeds, the next page, its site.
//!
//! In: the text and the address of the page. Out: [`Leads`]. Links are judged by what they declare, by what they are
//! called, and by what they look like, in this order.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{base, parse, selectors};
use crate::extract::follow::same_site;
use crate::extract::leads::Leads;
use crate::model::{Css, text_of_node};

/// Feeds of one page that are worth a look.
const MAX_FEEDS: usize = 5;

/// Links of one page that are looked at.
const MAX_LINKS: usize = 5_000;

/// The longest name or heading, in characters: more is text.
const MAX_NAME: usize = 200;

const FEED_TYPES: [&str; 4] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];

/// Last parts of a path that are feeds.
const FEED_NAMES: [&str; 9] = [
    "feed",
    "rss",
    "atom",
    "rss2",
    "feed.xml",
    "rss.xml",
    "atom.xml",
    "feed.json",
    "index.rdf",
];

/// What links to a next page are called, in small letters.
const NEXT_WORDS: [&str; 25] = [
    "next",
    "next page",
    "older",
    "older posts",
    "older entries",
    "previous entries",
    "go to next page",
    "siguiente",
    "siguientes",
    "siguiente página",
    "página siguiente",
    "ir a la página siguiente",
    "entradas anteriores",
    "entradas más antiguas",
    "noticias anteriores",
    "suivant",
    "suivante",
    "page suivante",
    "próxima",
    "próximo",
    "próxima página",
    "página seguinte",
    "seguinte",
    "weiter",
    "nächste seite",
];

/// What they are drawn as; the second is the last page where the first is there too.
const NEXT_SIGNS: [&str; 5] = ["›", ">", "→", "»", ">>"];

/// Looks through a page.
pub(in crate::extract) fn leads(text: &str, url: &Url) -> Option<Leads> {
    let page = parse(text, &[]).ok()?;
    let base = base(&page, url);
    let named = |css: &str| page.select(&selector(css)).next();
    let content = |css: &str| named(css)?.attr("content").and_then(line);
    let wordpress = named("link[rel='https://api.w.org/'][href]");
    Some(Leads {
        parts: Vec::new(),
        feeds: feeds(&page, &base),
        wordpress: wordpress.and_then(|link| address(link, &base)),
        next: next(&page, url, &base),
        site_name: content("meta[property='og:site_name']")
            .or_else(|| content("meta[name='application-name']")),
        heading: named("h1").and_then(|heading| line(&text_of_node(*heading))),
    })
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a selector of our own")
}

/// Text on one line; `None` for blank and for endless ones.
fn line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !line.is_empty() && line.chars().nth(MAX_NAME).is_none();
    fits.then_some(line)
}

/// Where a link leads on the web.
fn address(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    let mut url = base.join(link.attr("href")?.trim()).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Those that the page declares, else links that look like feeds; each once.
fn feeds(page: &Html, base: &Url) -> Vec<Url> {
    let (alternates, links) = (
        selector("link[rel~='alternate' i][href]"),
        selector("a[href]"),
    );
    let declared = page.select(&alternates).filter(|link| {
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        FEED_TYPES.iter().any(|feed| kind.starts_with(feed))
    });
    let declared = once(declared.filter_map(|link| address(link, base)));
    if !declared.is_empty() {
        return declared;
    }
    let links = page.select(&links).take(MAX_LINKS);
    once(
        links
            .filter_map(|link| address(link, base))
            .filter(looks_like_feed),
    )
}

fn once(urls: impl Iterator<Item = Url>) -> Vec<Url> {
    let mut found = Vec::new();
    for url in urls {
        if found.len() < MAX_FEEDS && !found.contains(&url) {
            found.push(url);
        }
    }
    found
}

fn looks_like_feed(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let asked = url.query_pairs().any(|(key, value)| {
        matches!(key.as_ref(), "format" | "type" | "feed")
            && matches!(value.as_ref(), "feed" | "rss" | "rss2" | "atom")
    });
    let ends = [".rss", ".atom", ".rdf"];
    asked || FEED_NAMES.contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

/// A selector of the link to the next page: by what it declares, by its name, by its sign.
fn next(page: &Html, url: &Url, base: &Url) -> Option<Css> {
    let leads_on = |link: &ElementRef<'_>| leads_on(*link, url, base);
    let declared = ["a[rel~='next'][href]", "link[rel~='next'][href]"];
    let mut declared = declared.into_iter();
    if let Some(css) = declared.find(|css| {
        page.select(&selector(css))
            .next()
            .is_some_and(|link| leads_on(&link))
    }) {
        return css.trim_end_matches("[href]").parse().ok();
    }
    let all = selector("a[href]");
    let links = page.select(&all).take(MAX_LINKS).filter(leads_on);
    let links: Vec<ElementRef<'_>> = links.collect();
    let called = links.iter().find(|link| is_called_next(**link));
    let drawn = || {
        NEXT_SIGNS.iter().find_map(|sign| {
            let mut links = links.iter();
            links.find(|link| text_of_node(***link).trim() == *sign)
        })
    };
    let link = *called.or_else(drawn)?;
    ways_to(link)
        .into_iter()
        .find(|css| {
            let selector = Selector::parse(css).ok();
            let found = selector.and_then(|selector| page.select(&selector).next());
            // Another link to the same page is another one on the next page.
            found.is_some_and(|found| found.id() == link.id())
        })?
        .parse()
        .ok()
}

/// Whether a link leads to another page of the same site.
fn leads_on(link: ElementRef<'_>, url: &Url, base: &Url) -> bool {
    let target = link
        .attr("href")
        .and_then(|href| base.join(href.trim()).ok());
    let Some(mut target) = target else {
        return false;
    };
    target.set_fragment(None);
    let mut here = url.clone();
    here.set_fragment(None);
    target != here && same_site(url, &target)
}

fn is_called_next(link: ElementRef<'_>) -> bool {
    let labels = ["aria-label", "title"]
        .into_iter()
        .filter_map(|name| link.attr(name).map(str::to_owned));
    let mut names = labels.chain([text_of_node(*link)]);
    names.any(|name| {
        let name = line(&name).unwrap_or_default().to_lowercase();
        NEXT_WORDS.contains(&name.trim_matches(|c: char| !c.is_alphanumeric()))
    })
}

/// Selectors that may find a link, the most telling first.
fn ways_to(link: ElementRef<'_>) -> Vec<String> {
    let own = selectors::compounds(&[link]);
    let mut ways: Vec<String> = own.iter().filter(|own| *own != "a").cloned().collect();
    let around = link.ancestors().filter_map(ElementRef::wrap).take(4);
    for above in around {
        let named = selectors::compounds(&[above]);
        let named = named.iter().filter(|way| way.contains(['.', '#']));
        for above in named {
            ways.push(format!("{above} > a"));
            ways.push(format!("{above} a"));
            ways.push(format!("{above} > a:last-child"));
            ways.push(format!("{above} > :last-child > a"));
            // Before the link to the last page.
            ways.push(format!("{above} > a:nth-last-child(2)"));
            ways.push(format!("{above} > :nth-last-child(2) > a"));
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Leads {
        let url: Url = "https://host.example/news".parse().unwrap();
        leads(page, &url).unwrap()
    }

    fn check_feeds(page: &str, expected: &[&str]) {
        let feeds = of(page).feeds;
        assert_eq!(feeds.iter().map(Url::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn declared_feeds_go_before_links_that_look_like_some() {
        let links = "<a href=/rss.xml>RSS</a><a href='/a?format=feed'>x</a><a href=/feed/#top>y</a><a href=/feedback>z</a>";
        check_feeds(
            links,
            &[
                "https://host.example/rss.xml",
                "https://host.example/a?format=feed",
                "https://host.example/feed/",
            ],
        );
        let declared = "<link rel=alternate type='application/rss+xml; charset=utf-8' href=f1><link rel=alternate \
            type=text/html href=/es><link rel='Alternate' type=application/atom+xml href=f1>\
            <link rel=alternate type=application/rss+xml href=mailto:a@b>";
        check_feeds(&format!("{declared}{links}"), &["https://host.example/f1"]);
        let link = |n: usize| format!("<a href=/{n}.rss>{n}</a>");
        let many: Vec<String> = (0..50).map(link).collect();
        assert_eq!(of(&many.concat()).feeds.len(), MAX_FEEDS);
    }

    fn check_next(page: &str, expected: Option<&str>) {
        let next = of(page).next.map(|css| css.to_string());
        assert_eq!(next.as_deref(), expected, "{page}");
    }

    #[test]
    fn the_next_page_is_known_by_its_name() {
        check_next(
            "<a href=/b>2</a><a rel='nofollow next' href=/b>x</a>",
            Some("a[rel~='next']"),
        );
        check_next(
            "<ul><li class=pager-item><a href=/b>2</a><li class=pager-next><a href=/b>siguiente ›</a>\
             <li class=pager-last><a href=/c>última »</a></ul>",
            Some("li.pager-next > a"),
        );
        check_next(
            "<nav class=pages><a href=/b>2</a> <a href=/c>3</a> <a href=/b>Siguiente</a></nav>",
            Some("nav.pages > a:last-child"),
        );
        check_next(
            "<p class=p><a href=/a>Prev</a> <a class=n href=/b aria-label='Next page'>·</a></p>",
            Some("a.n"),
        );
        check_next(
            "<ul class=pager><li>1<li><a href=/b>2</a><li><a href=/b>next ›</a><li><a href=/c>last »</a></ul>",
            Some("ul.pager > :nth-last-child(2) > a"),
        );
        check_next(
            "<p id=p><a href=/b>»</a> <a href=/c>›</a></p>",
            Some("#p > a:last-child"),
        );
    }

    #[test]
    fn what_leads_nowhere_is_no_next_page() {
        check_next("<p class=p><a href='#'>Next</a></p>", None);
        check_next(
            "<p class=p><a href='https://other.example/'>Next</a></p>",
            None,
        );
        check_next(
            "<p class=p><a href=/b>Next steps for the valley</a></p>",
            None,
        );
        check_next("<a href=/b>Next</a>", None);
    }

    #[test]
    fn a_page_tells_its_site_and_its_interface() {
        let found = of(
            "<meta property=og:site_name content=' Water  Board '><link rel='https://api.w.org/' \
             href='/wp-json/'><h1>News\n of <b>May</b></h1>",
        );
        assert_eq!(found.site_name.as_deref(), Some("Water Board"));
        assert_eq!(found.heading.as_deref(), Some("News of May"));
        let interface = found.wordpress.map(String::from);
        assert_eq!(interface.as_deref(), Some("https://host.example/wp-json/"));
    }
}
