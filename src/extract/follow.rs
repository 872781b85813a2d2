//! Finds the address at which a document's list continues, as the document itself states it.
//!
//! In: a page or the advice of a feed, and the operator's settings for further pages. Out: the address of the
//! next one, on the list's own site. The daemon decides if it is fetched. Pages that are only counted do not
//! depend on any document.

use scraper::{Html, Selector};
use url::Url;

use super::html;
use crate::model::{PageWay, Pages, SubscriptionHints};

/// Returns the next page that `page` links to. The page came from `url`, and its relative addresses are
/// resolved against `base`.
pub(super) fn next_page(page: &Html, url: &Url, base: &Url, pages: Option<&Pages>) -> Vec<Url> {
    let next = match pages.map(|pages| &pages.way) {
        Some(PageWay::Next(link)) => html::linked_address(page, link),
        Some(PageWay::Rel) => rel_next_address(page),
        Some(PageWay::Parameter { .. } | PageWay::Address { .. }) | None => None,
    };
    resolve_on_site(url, base, next.as_deref())
}

/// Returns `<link rel="next">` or `<a rel="next">` (HTML §4.6.6.12), whichever comes first.
fn rel_next_address(page: &Html) -> Option<String> {
    let selector = r#"link[rel~="next" i][href], a[rel~="next" i][href]"#;
    let next = Selector::parse(selector).expect("a selector of our own");
    let found = page.select(&next).next()?;
    found.attr("href").map(str::to_owned)
}

/// Returns the next page of a feed (RFC 5005 §3), else the archive before it (§4): both lead to older
/// entries.
pub(super) fn next_feed_page(
    advice: &SubscriptionHints,
    url: &Url,
    pages: Option<&Pages>,
) -> Vec<Url> {
    let Some(PageWay::Rel) = pages.map(|pages| &pages.way) else {
        return Vec::new();
    };
    let next = advice.next.as_deref();
    resolve_on_site(url, url, next.or(advice.previous_archive.as_deref()))
}

fn resolve_on_site(url: &Url, base: &Url, next: Option<&str>) -> Vec<Url> {
    let next = next.and_then(|next| base.join(next.trim()).ok());
    let next = next.filter(|next| is_same_site(url, next));
    next.into_iter().collect()
}

/// Returns true if both addresses are of the same site: for the web the same host, for a file the same
/// folder.
pub(super) fn is_same_site(url: &Url, next: &Url) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rel() -> Pages {
        Pages {
            way: PageWay::Rel,
            last: 1,
            backfill: 1,
        }
    }

    fn check(found: &[Url], expected: Option<&str>) {
        let found: Vec<_> = found.iter().map(Url::as_str).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_page_names_its_next_page() {
        let check = |page: &str, expected| {
            let url = "https://host.example/news/?a=1"
                .parse()
                .expect("an address");
            let page = Html::parse_document(page);
            check(&next_page(&page, &url, &url, Some(&rel())), expected);
        };
        let next = Some("https://host.example/news/?a=1&p=2");
        check(
            "<link rel=next href='?a=1&amp;p=2'><a rel=next href=other>",
            next,
        );
        check(
            "<a href=1>1</a><a rel='nofollow NEXT' href=' ?a=1&amp;p=2 '>",
            next,
        );
        check("<a rel=nextish href=2>", None);
        check("<a rel=next>2</a><a rel=prev href=0>", None);
        check("<a rel=next href=//other.example/2>", None);
        check("<a rel=next href='javascript:next()'>", None);
    }

    #[test]
    fn a_feed_names_its_next_page_or_an_archive() {
        let check = |next: Option<&str>, archive: Option<&str>, expected| {
            let advice = SubscriptionHints {
                next: next.map(str::to_owned),
                previous_archive: archive.map(str::to_owned),
                ..SubscriptionHints::default()
            };
            let url = "https://host.example/feed".parse().expect("an address");
            check(&next_feed_page(&advice, &url, Some(&rel())), expected);
            assert_eq!(next_feed_page(&advice, &url, None), []);
        };
        check(
            Some("feed?p=2"),
            Some("/7"),
            Some("https://host.example/feed?p=2"),
        );
        check(None, Some("/7"), Some("https://host.example/7"));
        check(None, None, None);
        check(Some("https://other.example/2"), None, None);
    }
}
