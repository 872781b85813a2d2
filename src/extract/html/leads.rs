//! A page to what it leads to beside its records: feeds, the next page, its site.
//!
//! In: the text and the address of the page. Out: [`Leads`]. Links are judged by what they declare, by what they are
//! called, and by what they look like, in this order.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{base, parse, selectors};
use crate::extract::follow::same_site;
use crate::extract::leads::Leads;
use crate::languages;
use crate::model::Css;
use crate::text::text_of_node;

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

/// The last part of a path that is a feed, without its ending.
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

/// Endings that a feed may have where its name says that it is one.
const FEED_ENDINGS: [&str; 14] = [
    "ashx", "asp", "aspx", "axd", "cfm", "cgi", "do", "html", "json", "jsp", "php", "pl", "rdf",
    "xml",
];

/// Endings that only feeds have.
const OWN_ENDINGS: [&str; 3] = ["rss", "atom", "rdf"];

/// Parts of a path below which feeds stand: `/rss/harbour`.
const FEED_FOLDERS: [&str; 3] = ["rss", "rss2", "feeds"];

/// Words that say of a link or a picture that it is a feed, in every language.
const FEED_WORDS: [&str; 5] = ["rss", "rss2", "rssfeed", "webfeed", "georss"];

/// Words that say so beside one another, or alone: a feed of a harbour is one, an atom of it is none.
static FEED_PHRASES: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.links.feed));

/// How words begin that name the comments of readers.
static COMMENTS: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.links.comments).collect());

/// What begins words beside them where an authority asks for them, which is news.
static ASKED_FOR: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.links.asked_for).collect());

/// A link that is drawn as a feed has no more words than this; others are titles beside such a picture.
const MAX_DRAWN_WORDS: usize = 3;

/// How many words a link that names a feed has at most: more is text that speaks of one.
const MAX_WORDS: usize = 8;

/// What links to a next page are called, in small letters.
static NEXT_WORDS: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.links.next_page));

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

/// The feeds that a page declares, then links that look like feeds, each once. Those of comments are not its news.
fn feeds(page: &Html, base: &Url) -> Vec<Url> {
    let (alternates, links) = (
        selector("link[rel~='alternate' i][href]"),
        selector("a[href]"),
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
            Some((FeedSign::of(link, &address, base)?, address))
        })
        .collect();
    // Of equals, the first on the page.
    links.sort_by_key(|(sign, _)| *sign);
    once(declared.chain(links.into_iter().map(|(_, address)| address)))
}

/// What says that a link leads to a feed, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FeedSign {
    Both,
    Address,
    Name,
}

impl FeedSign {
    fn of(link: ElementRef<'_>, address: &Url, base: &Url) -> Option<Self> {
        let named = is_called_feed(link);
        // A mere `feed` of another site is somebody's page there.
        let named = named.filter(|name| *name == FeedName::Sure || same_site(base, address));
        match (looks_like_feed(address), named) {
            (true, Some(_)) => Some(Self::Both),
            (true, None) => Some(Self::Address),
            (false, Some(_)) => Some(Self::Name),
            (false, None) => None,
        }
    }
}

/// How surely a name is that of a feed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FeedName {
    Sure,
    Likely,
}

/// What a link is called: by its text, its labels, its pictures and what these are drawn from.
fn is_called_feed(link: ElementRef<'_>) -> Option<FeedName> {
    let pictures = selector("img, svg, i, span, use");
    let pictures = link.select(&pictures).take(MAX_WORDS);
    let parts = [link].into_iter().chain(pictures);
    let text = text_of_node(*link);
    let may_be_drawn = words(&text).nth(MAX_DRAWN_WORDS).is_none();
    let mut likely = None;
    for part in parts {
        for name in ["title", "aria-label", "alt"] {
            match part.attr(name).and_then(feed_name) {
                Some(FeedName::Sure) => return Some(FeedName::Sure),
                name => likely = likely.or(name),
            }
        }
        // `fa-rss`, `/icons/rss.png`, `#icon-rss`
        let drawn = ["class", "src", "href", "xlink:href"];
        let own = if part == link { &drawn[..1] } else { &drawn };
        let mut drawn = own.iter().filter_map(|name| part.attr(name));
        if may_be_drawn
            && drawn.any(|drawn| words(drawn).any(|word| FEED_WORDS.contains(&word.as_str())))
        {
            return Some(FeedName::Sure);
        }
    }
    feed_name(&text).or(likely)
}

fn feed_name(text: &str) -> Option<FeedName> {
    let words: Vec<String> = words(&line(text)?).collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    if words.iter().any(|word| FEED_WORDS.contains(&word.as_str())) {
        return Some(FeedName::Sure);
    }
    let phrase = words.join(" ");
    FEED_PHRASES
        .contains(phrase.as_str())
        .then_some(FeedName::Likely)
}

/// Words in small letters.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// Whether a link leads to the comments of readers, by its address or by its name.
fn is_of_comments(link: ElementRef<'_>) -> bool {
    let href = link.attr("href").unwrap_or_default();
    let mut parts = href.split(['/', '?', '&', '=']);
    if parts.any(|part| part.starts_with("comments")) {
        return true;
    }
    let title = link.attr("title").unwrap_or_default();
    [title, &text_of_node(*link)].iter().any(|name| {
        let words: Vec<String> = line(name).iter().flat_map(|name| words(name)).collect();
        let begins = |starts: &[&str]| {
            let mut words = words.iter();
            words.any(|word| starts.iter().any(|start| word.starts_with(start)))
        };
        begins(&COMMENTS) && !begins(&ASKED_FOR)
    })
}

/// Where a link to a feed leads, also one that is written for feed readers: `feed:https://…`, `feed://…`.
fn feed_address(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    let href = link.attr("href")?.trim();
    let Some(inner) = href.strip_prefix("feed:") else {
        return address(link, base);
    };
    let scheme = base.scheme();
    let url = match inner.strip_prefix("//") {
        Some(rest) => Url::parse(&format!("{scheme}://{rest}")),
        None => Url::parse(inner),
    };
    url.ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
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
        NEXT_WORDS.contains(name.trim_matches(|c: char| !c.is_alphanumeric()))
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

    /// The paths of the feeds of a page.
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
