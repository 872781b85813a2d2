//! Finds the links of a page to feeds, to the next page and to its site.
//!
//! In: the text and the address of the page. Out: [`Leads`]. Links are judged by their declaration, then by
//! their name, then by their appearance.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{page_base, parse_and_prune, selectors};
use crate::extract::follow::is_same_site;
use crate::extract::leads::PageLeads;
use crate::languages;
use crate::model::Css;
use crate::text::text_of_node;

/// The maximum number of feeds of one page.
const MAX_FEEDS: usize = 5;

/// The maximum number of links examined on one page.
const MAX_LINKS: usize = 5_000;

/// The maximum length of a name or heading, in characters. Anything longer is text.
const MAX_NAME: usize = 200;

const FEED_TYPES: [&str; 4] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];

/// The last part of a path that is a feed, without its extension.
const FEED_NAMES: [&str; 12] = [
    "atom",
    "feed",
    "feeds",
    "rss",
    "rss2",
    "rssfeed",
    "rssfeeds",
    "rss-feed",
    "newsfeed",
    "syndication",
    "syndicate",
    "xmlfeed",
];

/// Extensions of a feed whose name marks it as one.
const FEED_ENDINGS: [&str; 14] = [
    "ashx", "asp", "aspx", "axd", "cfm", "cgi", "do", "html", "json", "jsp", "php", "pl", "rdf",
    "xml",
];

/// Extensions that only feeds have.
const OWN_ENDINGS: [&str; 3] = ["rss", "atom", "rdf"];

/// Parts of a path below which feeds are found: `/rss/harbour`.
const FEED_FOLDERS: [&str; 3] = ["rss", "rss2", "feeds"];

/// Words that mark a link or a picture as a feed, in every language.
const FEED_WORDS: [&str; 5] = ["rss", "rss2", "rssfeed", "webfeed", "georss"];

/// Words that do so alone or next to each other: "feed of a harbour" names one, "atom of a harbour" does not.
static FEED_PHRASES: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.links.feed));

/// The beginnings of words for readers' comments.
static COMMENTS: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.links.comments).collect());

/// The beginnings of words next to them in an authority's call for comments, which is news.
static ASKED_FOR: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.links.asked_for).collect());

/// The maximum number of words of a link with a feed icon. Longer ones are titles next to such a picture.
const MAX_DRAWN_WORDS: usize = 3;

/// The maximum number of words of a link that names a feed. Longer ones are text about a feed.
const MAX_WORDS: usize = 8;

/// Names of links to a next page, in lower case.
static NEXT_WORDS: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.links.next_page));

/// Signs for such links. The second is the last page if the first occurs too.
const NEXT_SIGNS: [&str; 5] = ["›", ">", "→", "»", ">>"];

/// Finds the leads of a page.
pub(in crate::extract) fn find_leads(text: &str, url: &Url) -> Option<PageLeads> {
    let page = parse_and_prune(text, &[]).ok()?;
    let base = page_base(&page, url);
    let named = |css: &str| page.select(&parse_selector(css)).next();
    let content = |css: &str| named(css)?.attr("content").and_then(short_line);
    let wordpress = named("link[rel='https://api.w.org/'][href]");
    Some(PageLeads {
        parts: Vec::new(),
        feeds: find_feeds(&page, &base),
        wordpress: wordpress.and_then(|link| link_address(link, &base)),
        next: find_next_selector(&page, url, &base),
        site_name: content("meta[property='og:site_name']")
            .or_else(|| content("meta[name='application-name']")),
        heading: named("h1").and_then(|heading| short_line(&text_of_node(*heading))),
    })
}

fn parse_selector(css: &str) -> Selector {
    Selector::parse(css).expect("a selector of our own")
}

/// Returns a text on one line, or `None` if it is blank or too long.
fn short_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !line.is_empty() && line.chars().nth(MAX_NAME).is_none();
    fits.then_some(line)
}

/// Returns the web address of a link.
fn link_address(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    let mut url = base.join(link.attr("href")?.trim()).ok()?;
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Returns the feeds that a page declares, then links that look like feeds, each once. Feeds of comments are
/// left out, because they are not the page's news.
fn find_feeds(page: &Html, base: &Url) -> Vec<Url> {
    let (alternates, links) = (
        parse_selector("link[rel~='alternate' i][href]"),
        parse_selector("a[href]"),
    );
    let declared = page.select(&alternates).filter(|link| {
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        FEED_TYPES.iter().any(|feed| kind.starts_with(feed))
    });
    let declared = declared.filter(|link| !is_of_comments(*link));
    let declared = declared.filter_map(|link| feed_address(link, base));
    let links = page.select(&links).take(MAX_LINKS);
    let mut links: Vec<(FeedSign, Url)> = links
        .filter(|link| !is_of_comments(*link))
        .filter_map(|link| {
            let address = feed_address(link, base)?;
            Some((FeedSign::from_link(link, &address, base)?, address))
        })
        .collect();
    // Among equals, the first on the page.
    links.sort_by_key(|(sign, _)| *sign);
    unique_urls(declared.chain(links.into_iter().map(|(_, address)| address)))
}

/// The sign that a link leads to a feed, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FeedSign {
    Both,
    Address,
    Name,
}

impl FeedSign {
    fn from_link(link: ElementRef<'_>, address: &Url, base: &Url) -> Option<Self> {
        let named = judge_link_name(link);
        // A link named only `feed` on another site is a user's page there.
        let named =
            named.filter(|name| *name == NameConfidence::Sure || is_same_site(base, address));
        match (looks_like_feed(address), named) {
            (true, Some(_)) => Some(Self::Both),
            (true, None) => Some(Self::Address),
            (false, Some(_)) => Some(Self::Name),
            (false, None) => None,
        }
    }
}

/// The confidence that a name is that of a feed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameConfidence {
    Sure,
    Likely,
}

/// Judges the name of a link: its text, its labels, its pictures and the sources of these.
fn judge_link_name(link: ElementRef<'_>) -> Option<NameConfidence> {
    let pictures = parse_selector("img, svg, i, span, use");
    let pictures = link.select(&pictures).take(MAX_WORDS);
    let parts = [link].into_iter().chain(pictures);
    let text = text_of_node(*link);
    let may_be_drawn = lower_case_words(&text).nth(MAX_DRAWN_WORDS).is_none();
    let mut likely = None;
    for part in parts {
        for name in ["title", "aria-label", "alt"] {
            match part.attr(name).and_then(judge_feed_name) {
                Some(NameConfidence::Sure) => return Some(NameConfidence::Sure),
                name => likely = likely.or(name),
            }
        }
        // `fa-rss`, `/icons/rss.png`, `#icon-rss`
        let drawn = ["class", "src", "href", "xlink:href"];
        let own = if part == link { &drawn[..1] } else { &drawn };
        let mut drawn = own.iter().filter_map(|name| part.attr(name));
        if may_be_drawn
            && drawn.any(|drawn| {
                lower_case_words(drawn).any(|word| FEED_WORDS.contains(&word.as_str()))
            })
        {
            return Some(NameConfidence::Sure);
        }
    }
    judge_feed_name(&text).or(likely)
}

fn judge_feed_name(text: &str) -> Option<NameConfidence> {
    let words: Vec<String> = lower_case_words(&short_line(text)?).collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    if words.iter().any(|word| FEED_WORDS.contains(&word.as_str())) {
        return Some(NameConfidence::Sure);
    }
    let phrase = words.join(" ");
    FEED_PHRASES
        .contains(phrase.as_str())
        .then_some(NameConfidence::Likely)
}

/// Returns the words in lower case.
fn lower_case_words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Returns true if a link leads to readers' comments, by its address or by its name.
fn is_of_comments(link: ElementRef<'_>) -> bool {
    let href = link.attr("href").unwrap_or_default();
    let mut parts = href.split(['/', '?', '&', '=']);
    if parts.any(|part| part.starts_with("comments")) {
        return true;
    }
    let title = link.attr("title").unwrap_or_default();
    [title, &text_of_node(*link)].iter().any(|name| {
        let words: Vec<String> = short_line(name)
            .iter()
            .flat_map(|name| lower_case_words(name))
            .collect();
        let begins = |starts: &[&str]| {
            let mut words = words.iter();
            words.any(|word| starts.iter().any(|start| word.starts_with(start)))
        };
        begins(&COMMENTS) && !begins(&ASKED_FOR)
    })
}

/// Returns the address of a link to a feed, also in the form for feed readers: `feed:https://…`, `feed://…`.
fn feed_address(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    let href = link.attr("href")?.trim();
    let Some(inner) = href.strip_prefix("feed:") else {
        return link_address(link, base);
    };
    let scheme = base.scheme();
    let url = match inner.strip_prefix("//") {
        Some(rest) => Url::parse(&format!("{scheme}://{rest}")),
        None => Url::parse(inner),
    };
    url.ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn unique_urls(urls: impl Iterator<Item = Url>) -> Vec<Url> {
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
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let asked = url.query_pairs().any(|(key, value)| {
        let [key, value] = [key, value].map(|text| text.to_ascii_lowercase());
        let is_wanted = matches!(
            key.as_str(),
            "format" | "type" | "feed" | "output" | "alt" | "mode"
        ) && matches!(value.as_str(), "feed" | "rss" | "rss2" | "atom");
        is_wanted || key == "rss" || key == "feed" && value.is_empty()
    });
    let is_file = ending.is_empty() || FEED_ENDINGS.contains(&ending);
    let is_named = is_file && (FEED_NAMES.contains(&stem) || stem.ends_with("rss"));
    let is_index = last == "index.rdf";
    asked
        || is_named
        || is_index
        || OWN_ENDINGS.contains(&ending) && !stem.is_empty()
        || parts.any(|part| FEED_FOLDERS.contains(&part))
}

/// Returns a selector of the link to the next page, found by its declaration, its name or its sign.
fn find_next_selector(page: &Html, url: &Url, base: &Url) -> Option<Css> {
    let leads_on = |link: &ElementRef<'_>| leads_to_other_page(*link, url, base);
    let declared = ["a[rel~='next'][href]", "link[rel~='next'][href]"];
    let mut declared = declared.into_iter();
    if let Some(css) = declared.find(|css| {
        page.select(&parse_selector(css))
            .next()
            .is_some_and(|link| leads_on(&link))
    }) {
        return css.trim_end_matches("[href]").parse().ok();
    }
    let all = parse_selector("a[href]");
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
    link_selectors(link)
        .into_iter()
        .find(|css| {
            let selector = Selector::parse(css).ok();
            let found = selector.and_then(|selector| page.select(&selector).next());
            // A second link to the same page leads elsewhere on the next page.
            found.is_some_and(|found| found.id() == link.id())
        })?
        .parse()
        .ok()
}

/// Returns true if a link leads to another page of the same site.
fn leads_to_other_page(link: ElementRef<'_>, url: &Url, base: &Url) -> bool {
    let target = link
        .attr("href")
        .and_then(|href| base.join(href.trim()).ok());
    let Some(mut target) = target else {
        return false;
    };
    target.set_fragment(None);
    let mut here = url.clone();
    here.set_fragment(None);
    target != here && is_same_site(url, &target)
}

fn is_called_next(link: ElementRef<'_>) -> bool {
    let labels = ["aria-label", "title"]
        .into_iter()
        .filter_map(|name| link.attr(name).map(str::to_owned));
    let mut names = labels.chain([text_of_node(*link)]);
    names.any(|name| {
        let name = short_line(&name).unwrap_or_default().to_lowercase();
        NEXT_WORDS.contains(name.trim_matches(|c: char| !c.is_alphanumeric()))
    })
}

/// Returns selectors that may find a link, the most specific first.
fn link_selectors(link: ElementRef<'_>) -> Vec<String> {
    let own = selectors::compound_selectors(&[link]);
    let mut ways: Vec<String> = own.iter().filter(|own| *own != "a").cloned().collect();
    let around = link.ancestors().filter_map(ElementRef::wrap).take(4);
    for above in around {
        let named = selectors::compound_selectors(&[above]);
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

    fn of(page: &str) -> PageLeads {
        let url: Url = "https://host.example/news".parse().unwrap();
        find_leads(page, &url).unwrap()
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
        let all = ["f1", "rss.xml", "a?format=feed", "feed/"]
            .map(|path| format!("https://host.example/{path}"));
        check_feeds(
            &format!("{links}{declared}"),
            &all.each_ref().map(String::as_str),
        );
        let link = |n: usize| format!("<a href=/{n}.rss>{n}</a>");
        let many: Vec<String> = (0..50).map(link).collect();
        assert_eq!(of(&many.concat()).feeds.len(), MAX_FEEDS);
    }

    /// Checks the paths of a page's feeds.
    #[track_caller]
    fn check_paths(page: &str, expected: &[&str]) {
        let feeds = of(page).feeds;
        let paths = feeds
            .iter()
            .map(|url| url.as_str().replace("https://host.example/", ""));
        assert_eq!(paths.collect::<Vec<_>>(), expected, "{page}");
    }

    #[test]
    fn a_link_is_known_as_a_feed_by_what_it_is_called() {
        check_paths(
            "<a href=agendas.xml>RSS feed of agendas</a>",
            &["agendas.xml"],
        );
        check_paths("<a href=/x/7>Suscribirse por RSS</a>", &["x/7"]);
        check_paths(
            "<a href=/x/7>Flux RSS des avis</a> <a href=/x/8>RSS-лента</a>",
            &["x/7", "x/8"],
        );
        check_paths("<a href=/x/7><img src=/i/1.png alt='RSS'></a>", &["x/7"]);
        check_paths("<a href=/x/7><img src=/i/rss-24.png alt=''></a>", &["x/7"]);
        check_paths("<a href=/x/7><i class='fa fa-rss'></i></a>", &["x/7"]);
        check_paths("<a href=/x/7 title='Atom feed'><svg></svg></a>", &["x/7"]);
        check_paths("<a href=/x/7 class=rss>Avisos</a>", &["x/7"]);
        check_paths("<a href=/x/7>Syndication</a>", &["x/7"]);
        check_paths("<a href='feed:https://host.example/x/7'>RSS</a>", &["x/7"]);
        check_paths("<a href='feed://host.example/x/7'>RSS</a>", &["x/7"]);
        check_paths(
            "<a href=https://feeds.example/7>RSS</a>",
            &["https://feeds.example/7"],
        );
    }

    #[test]
    fn a_link_is_known_as_a_feed_by_its_address() {
        for path in [
            "rss/",
            "rss/harbour/",
            "feeds/notices",
            "news?feed=rss2",
            "rss.php?id=3",
            "feed.aspx",
            "RSSFeed.aspx?ModID=1",
            "publisherrss.php?view=3",
            "syndication.axd",
            "notices.rss",
            "x?rss=1",
        ] {
            check_paths(&format!("<a href='/{path}'>Notices</a>"), &[path]);
        }
    }

    #[test]
    fn what_speaks_of_feeds_is_none() {
        for link in [
            "<a href=/7>Atoms for peace</a>",
            "<a href=/7>Animal feed prices rise</a>",
            "<a href=https://other.example/us>Feed</a>",
            "<a href=/feedback>Feedback</a>",
            "<a href=/press>Press</a>",
            "<a href=/news.html>News</a>",
            "<a href=/7 class=rss-item>The pier is closed until May</a>",
            "<a href=/7>How to follow our notices with an RSS reader of your own</a>",
        ] {
            check_paths(link, &[]);
        }
    }

    #[test]
    fn the_surest_feeds_go_first_and_comments_are_left_out() {
        check_paths(
            "<a href=/x/1>RSS</a> <a href=/x.rss>Notices</a> <a href=/y.rss>RSS</a>",
            &["y.rss", "x.rss", "x/1"],
        );
        check_paths(
            "<link rel=alternate type=application/rss+xml href=/comments/feed/ title='Harbour » Comments Feed'>\
             <link rel=alternate type=application/rss+xml href=/c title='Comentarios de la entrada'>\
             <a href=/d>RSS</a> <a href=/e.rss>Comments (RSS)</a> <a href='/?feed=comments-rss2'>RSS</a>",
            &["d"],
        );
        check_paths(
            "<a href=/e.rss>Open for public comments (RSS)</a>",
            &["e.rss"],
        );
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
