//! Addresses: absolute, in one spelling, without trackers.

use url::Url;

use crate::model::without_user;

/// The longest address that is kept, in bytes.
const MAX_LENGTH: usize = 4_096;

/// Query parameters that say where a reader came from, not what is read.
const TRACKERS: [&str; 28] = [
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "at_campaign",
    "at_medium",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ns_campaign",
    "ns_mchannel",
    "ns_source",
    "oly_anon_id",
    "oly_enc_id",
    "s_cid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];
/// Beginnings of such parameters.
const TRACKER_PREFIXES: [&str; 5] = ["utm_", "mtm_", "pk_", "hsa_", "piwik_"];
/// Beginnings of fragments that carry no place in the page.
const IDLE_FRAGMENTS: [&str; 5] = ["utm_", "xtor=", ":~:", "at_", "mtm_"];

/// `link`, as found, as an address to publish; `None` for what a reader elsewhere cannot open.
pub fn canonical(link: &str, base: &Url) -> Option<Url> {
    let link: String = link.trim().chars().filter(|c| !c.is_control()).collect();
    if link.is_empty() || link.len() > MAX_LENGTH {
        return None;
    }
    // Whoever reads the feed is not to log in as anybody.
    let mut url = without_user(&base.join(&link).ok()?);
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    if url.query_pairs().any(|(name, _)| is_tracker(&name)) {
        let kept: Vec<&str> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !is_tracking(pair))
            .collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(kept.as_str()));
    }
    if url.query() == Some("") {
        url.set_query(None);
    }
    if url.fragment().is_some_and(|fragment| {
        fragment.is_empty() || IDLE_FRAGMENTS.iter().any(|idle| fragment.starts_with(idle))
    }) {
        url.set_fragment(None);
    }
    Some(url)
}

fn is_tracking(pair: &str) -> bool {
    is_tracker(pair.split('=').next().unwrap_or_default())
}

fn is_tracker(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKERS.contains(&name.as_str())
        || TRACKER_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// What two spellings of one address have in common: for comparing, never for publishing. `None` for a site's front page,
/// which tells nothing about what stands on it.
pub fn comparable(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let fragment = url
        .fragment()
        .map(|fragment| format!("#{fragment}"))
        .unwrap_or_default();
    let rest = format!("{path}{query}{fragment}");
    (!rest.is_empty()).then(|| format!("{host}{port}{rest}"))
}

/// An address as the title of an entry without one: `host.example/news/7`.
pub(super) fn as_title(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{host}{}", url.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(link: &str, expected: Option<&str>) {
        let base = "https://Host.example/en/list?page=2".parse().unwrap();
        assert_eq!(
            canonical(link, &base).map(String::from).as_deref(),
            expected,
            "{link}"
        );
    }

    #[test]
    fn addresses_are_absolute_and_without_trackers() {
        check("../news/a b", Some("https://host.example/news/a%20b"));
        check(
            "?id=3&utm_source=rss&UTM_x=1&b=%20",
            Some("https://host.example/en/list?id=3&b=%20"),
        );
        check("/a?fbclid=x", Some("https://host.example/a"));
        check("/a?#", Some("https://host.example/a"));
        check("https://ana:pw@b.example/x", Some("https://b.example/x"));
        check("/a#xtor=RSS-3", Some("https://host.example/a"));
        check("/a#notice-3", Some("https://host.example/a#notice-3"));
        check("  HTTP://B.example:80/\n", Some("http://b.example/"));
        check("//c.example/x", Some("https://c.example/x"));
        check("javascript:alert(1)", None);
        check("mailto:a@b.example", None);
        check("file:///etc/passwd", None);
        check("", None);
        check(&format!("/{}", "x".repeat(5000)), None);
    }

    #[test]
    fn spellings_of_one_address_compare_equal() {
        let key = |url: &str| comparable(&url.parse().unwrap());
        assert_eq!(key("https://www.a.example/x/"), key("http://a.example/x"));
        assert_ne!(
            key("https://a.example/x?id=1"),
            key("https://a.example/x?id=2")
        );
        assert_eq!(key("https://a.example/"), None);
    }

    proptest! {
        #[test]
        fn twice_is_once(link in "(/|\\?|&|#|utm_|=|[a-z ñ%]|fbclid){0,30}") {
            let base: Url = "https://host.example/list".parse().unwrap();
            if let Some(once) = canonical(&link, &base) {
                prop_assert_eq!(canonical(once.as_str(), &base), Some(once));
            }
        }
    }
}
