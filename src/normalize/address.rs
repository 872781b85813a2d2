//! Normalizes addresses: absolute, in one spelling, without trackers, redirectors and sessions.
//!
//! Three spellings are used. Ids are made of [`spelled`], whose rules never change; [`canonical`] is published, and
//! its rules may grow; [`comparable`] is the common part of different addresses of one page.

use std::borrow::Cow;

use url::Url;

use crate::model::{is_placeholder_link, without_credentials};

/// Maximum length of an address, in bytes.
const MAX_LENGTH: usize = 4_096;

/// Query parameters that record where a reader came from. Ids are made of addresses without them, so this list never
/// changes: later additions are in [`LATER_TRACKERS`].
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
/// Prefixes of such parameters.
const TRACKER_PREFIXES: [&str; 5] = ["utm_", "mtm_", "pk_", "hsa_", "piwik_"];
/// Trackers that may be part of an id.
const LATER_TRACKERS: [&str; 16] = [
    "__twitter_impression",
    "_branch_match_id",
    "cmpid",
    "epik",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "igsh",
    "li_fat_id",
    "ref_src",
    "ref_url",
    "srsltid",
    "trk_contact",
    "trk_msg",
    "ttclid",
    "xtor",
];
/// Prefixes of fragments that name no place in the page.
const IDLE_FRAGMENTS: [&str; 5] = ["utm_", "xtor=", ":~:", "at_", "mtm_"];
/// Such prefixes that may be part of an id.
const LATER_IDLE_FRAGMENTS: [&str; 2] = ["amp_tf=", "aoh="];
/// Query parameters that name a visit.
const SESSIONS: [&str; 7] = [
    "cfid",
    "cftoken",
    "jsessionid",
    "oscsid",
    "phpsessid",
    "zenid",
    "aspsessionid",
];
/// Names of sessions that may mean something else too, and count only with a value that looks machine-generated.
const MAYBE_SESSIONS: [&str; 5] = ["s", "session", "session_id", "sessionid", "sid"];
/// Query parameters that identify the thing shown.
const IDENTIFYING: [&str; 40] = [
    "aid",
    "article",
    "articleid",
    "article_id",
    "date",
    "day",
    "doc",
    "docid",
    "document",
    "file",
    "filename",
    "id",
    "image",
    "img",
    "item",
    "itemid",
    "item_id",
    "lang",
    "month",
    "name",
    "news",
    "newsid",
    "news_id",
    "nid",
    "no",
    "number",
    "p",
    "page",
    "path",
    "post",
    "postid",
    "post_id",
    "q",
    "src",
    "story",
    "storyid",
    "tid",
    "u",
    "url",
    "year",
];
/// Query parameters that sign an address, limit its validity or bypass a cache.
const PASSING: [&str; 28] = [
    "_",
    "awsaccesskeyid",
    "cb",
    "dt",
    "e",
    "exp",
    "h",
    "hash",
    "hmac",
    "key-pair-id",
    "policy",
    "r",
    "rand",
    "random",
    "rev",
    "rnd",
    "rss",
    "se",
    "sig",
    "sp",
    "st",
    "sv",
    "t",
    "time",
    "ts",
    "v",
    "ver",
    "version",
];
/// Parts of the names of such parameters.
const PASSING_PARTS: [&str; 11] = [
    "cachebust",
    "expire",
    "hdnts",
    "nocache",
    "nonce",
    "session",
    "signature",
    "timestamp",
    "token",
    "x-amz-",
    "x-goog-",
];
/// File extensions of programs, whose parameters identify the thing shown.
const PROGRAM_ENDINGS: [&str; 12] = [
    "asp", "aspx", "ashx", "cfm", "cgi", "dll", "do", "exe", "jsp", "php", "pl", "xhtml",
];
/// Last path segments shared by many things.
const GENERAL_PATHS: [&str; 32] = [
    "archive", "article", "articles", "asset", "bulletin", "default", "detail", "details",
    "display", "doc", "document", "download", "feed", "file", "get", "image", "index", "item",
    "list", "media", "news", "node", "notice", "open", "page", "post", "read", "search", "show",
    "story", "view", "watch",
];
/// The ends of paths that redirect, and the parameters with the target.
const REDIRECTORS: [&str; 16] = [
    "url",
    "redirect",
    "redirect.php",
    "redir",
    "redir.php",
    "away",
    "away.php",
    "l.php",
    "l",
    "out",
    "goto",
    "go",
    "leave",
    "linkfilter",
    "apiclick.aspx",
    "link",
];
const TARGETS: [&str; 12] = [
    "url",
    "u",
    "q",
    "uddg",
    "to",
    "target",
    "dest",
    "destination",
    "redirect",
    "murl",
    "z",
    "link",
];
/// Hosts that only redirect.
const REDIRECTING_HOSTS: [&str; 4] = [
    "l.instagram.com",
    "out.reddit.com",
    "go.redirectingat.com",
    "click.linksynergy.com",
];

/// Converts `link`, as found, to an address for publication; `None` if readers elsewhere cannot open it.
pub fn canonical_url(link: &str, base: &Url) -> Option<Url> {
    let mut url = identity_url(&mend_link(link, base)?, base)?;
    while let Some(target) = redirect_target(&url).and_then(|target| identity_url(&target, &url)) {
        if target.as_str().len() >= url.as_str().len() {
            break;
        }
        url = target;
    }
    keep_parameters(&mut url, |name, _| !LATER_TRACKERS.contains(&name));
    drop_fragment(&mut url, &LATER_IDLE_FRAGMENTS);
    Some(url)
}

/// Returns a link as its author meant it: without CDATA marks and line breaks inserted by programs, extracted from an
/// HTML element, with a scheme before a host name. `None` if it contains no address.
fn mend_link<'a>(link: &'a str, base: &Url) -> Option<Cow<'a, str>> {
    let link = strip_cdata_marks(link.trim());
    if link.starts_with('<') {
        return address_in_markup(link).map(Cow::Owned);
    }
    if is_placeholder_link(link) || link.contains("</") {
        return None;
    }
    if link.contains(['\n', '\r', '\t']) {
        // White space next to a break is indentation.
        let lines = link.split(['\n', '\r', '\t']).map(str::trim);
        return Some(Cow::Owned(lines.collect()));
    }
    let (host, _) = link.split_once(['/', '?']).unwrap_or((link, ""));
    let own = base.host_str().unwrap_or_default();
    let is_own = !own.is_empty() && own.trim_start_matches("www.") == host;
    let is_host = is_own || host.starts_with("www.") && host.matches('.').count() > 1;
    Some(if is_host {
        Cow::Owned(format!("{}://{link}", base.scheme()))
    } else {
        Cow::Borrowed(link)
    })
}

/// Removes CDATA marks that were escaped, even repeatedly.
fn strip_cdata_marks(mut link: &str) -> &str {
    while let Some(held) = link
        .strip_prefix("<![CDATA[")
        .and_then(|held| held.strip_suffix("]]>"))
    {
        link = held.trim();
    }
    link
}

/// Returns the address of `<a href="…">`, or between angle brackets (RFC 3986, appendix C).
fn address_in_markup(link: &str) -> Option<String> {
    let (inside, _) = link.strip_prefix('<')?.split_once('>')?;
    let inside = inside.trim();
    let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let inside = inside.strip_prefix("URL:").unwrap_or(inside);
    if is_address(inside) && !inside.contains(char::is_whitespace) {
        return Some(inside.to_owned());
    }
    let (_, stated) = inside.split_once("href")?;
    let stated = stated.trim_start().strip_prefix('=')?.trim_start();
    let quote = stated.chars().next().filter(|c| matches!(c, '"' | '\''));
    let address = match quote {
        Some(quote) => stated.strip_prefix(quote)?.split(quote).next()?,
        None => stated.split(char::is_whitespace).next()?,
    };
    let address = address.trim().replace("&amp;", "&");
    (!address.is_empty()).then_some(address)
}

/// Returns the address of a file, as found, absolute and otherwise unchanged: a server that signs the addresses of
/// its files refuses one without a parameter. `None` if readers elsewhere cannot open it.
pub fn file_address(link: &str, base: &Url) -> Option<Url> {
    absolute_url(&mend_link(link, base)?, base)
}

fn absolute_url(link: &str, base: &Url) -> Option<Url> {
    let link: String = link.trim().chars().filter(|c| !c.is_control()).collect();
    if link.is_empty() || link.len() > MAX_LENGTH {
        return None;
    }
    // Readers of the feed must not log in with embedded credentials.
    let url = without_credentials(&base.join(&link).ok()?);
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && url.host_str().is_some_and(|host| !host.is_empty())).then_some(url)
}

/// Converts `link`, as found, to the spelling used in ids: absolute, without user, session and the trackers known
/// from the beginning. This must not change: an entry identified by its address would reappear under another id.
pub(super) fn identity_url(link: &str, base: &Url) -> Option<Url> {
    let mut url = absolute_url(link, base)?;
    keep_parameters(&mut url, |name, value| {
        !is_tracker(name) && !is_session(name, value)
    });
    drop_session(&mut url);
    drop_fragment(&mut url, &IDLE_FRAGMENTS);
    Some(url)
}

/// Removes parameters, by their names in lower case and their values as written.
fn keep_parameters(url: &mut Url, keep: impl Fn(&str, &str) -> bool) {
    let Some(query) = url.query() else { return };
    let kept = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        keep(&name.to_ascii_lowercase(), value)
    };
    let kept: Vec<&str> = query.split('&').filter(kept).collect();
    let kept = kept.join("&");
    if kept.len() < query.len() || kept.is_empty() {
        url.set_query((!kept.is_empty()).then_some(kept.as_str()));
    }
}

fn drop_fragment(url: &mut Url, idle: &[&str]) {
    let is_idle =
        |fragment: &str| fragment.is_empty() || idle.iter().any(|idle| fragment.starts_with(idle));
    if url.fragment().is_some_and(is_idle) {
        url.set_fragment(None);
    }
}

fn is_tracker(name: &str) -> bool {
    TRACKERS.contains(&name)
        || TRACKER_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn is_session(name: &str, value: &str) -> bool {
    SESSIONS.contains(&name)
        || name.starts_with("aspsessionid")
        || MAYBE_SESSIONS.contains(&name) && is_machine_generated(value)
}

/// Returns true if a value looks machine-generated.
fn is_machine_generated(value: &str) -> bool {
    value.len() >= 26
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Removes sessions in the path: `/a;jsessionid=1F/b` (servlets), `/(S(x))/b` (ASP.NET).
fn drop_session(url: &mut Url) {
    let path = url.path();
    let is_session = |segment: &str| segment.starts_with("(S(") && segment.ends_with("))");
    let servlet = |segment: &str| segment.to_ascii_lowercase().find(";jsessionid=");
    if !path.contains("(S(") && servlet(path).is_none() {
        return;
    }
    let kept = path.split('/').filter(|segment| !is_session(segment));
    let kept = kept.map(|segment| {
        let end = servlet(segment).unwrap_or(segment.len());
        segment.split_at(end).0
    });
    let kept = kept.collect::<Vec<_>>().join("/");
    url.set_path(&kept);
}

/// Returns the target contained in a redirector's address.
fn redirect_target(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let path = url.path();
    if let Some(amp) = amp_target(host, path) {
        return Some(amp);
    }
    let is_web = |found: &str| {
        let (scheme, rest) = found.split_once("://").unwrap_or_default();
        matches!(scheme, "http" | "https") && !rest.is_empty()
    };
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let redirects = REDIRECTORS.contains(&last.to_ascii_lowercase().as_str())
        || REDIRECTING_HOSTS.contains(&host)
        || host.ends_with(".safelinks.protection.outlook.com");
    let mut given = url
        .query_pairs()
        .filter(|(name, value)| TARGETS.contains(&&**name) && is_web(value));
    let (_, found) = given.next().filter(|_| redirects)?;
    Some(found.into_owned())
}

/// Returns the page behind an AMP copy: `google.com/amp/s/host/path`, `host.cdn.ampproject.org/c/s/host/path`.
fn amp_target(host: &str, path: &str) -> Option<String> {
    let google = host.trim_start_matches("www.").starts_with("google.");
    let copied = if google {
        path.strip_prefix("/amp/")?
    } else if host.ends_with(".cdn.ampproject.org") {
        path.strip_prefix("/c/")
            .or_else(|| path.strip_prefix("/v/"))?
    } else {
        return None;
    };
    let found = match copied.strip_prefix("s/") {
        Some(secure) => format!("https://{secure}"),
        None => format!("http://{copied}"),
    };
    copied.contains('.').then_some(found)
}

/// Labels before a host's name that lead to the same pages: `www.`, `m.`, `en.m.`, `amp.`
const TWIN_LABELS: [&str; 4] = ["amp", "m", "mobile", "www"];
/// Pages that are the index of their folder.
const INDEX_PAGES: [&str; 6] = [
    "index.html",
    "index.htm",
    "index.php",
    "index.asp",
    "index.jsp",
    "default.aspx",
];
/// Parameters that request another layout of a page.
const LAYOUTS: [(&str, &str); 5] = [
    ("amp", ""),
    ("amp", "1"),
    ("amp", "true"),
    ("outputtype", "amp"),
    ("m", "1"),
];

/// Returns the common part of different spellings of one address, for comparison, never for publication. `None` for a
/// site's front page, which does not identify its content.
pub fn comparable_address(url: &Url) -> Option<String> {
    let host = comparable_host(url)?;
    let rest = format!(
        "{}{}{}",
        comparable_path(url.path()),
        comparable_query(url, |_, _| true),
        comparable_fragment(url)
    );
    (!rest.is_empty()).then(|| format!("{host}{rest}"))
}

/// Returns the destination of an address, to judge whether it has changed: without its scheme and without parameters
/// that vary while the destination stays, such as trackers, signatures, sessions and cache busters.
pub(super) fn destination_key(url: &Url) -> String {
    let Some(host) = comparable_host(url) else {
        return url.to_string();
    };
    let path = comparable_path(url.path());
    let tells = path_identifies(path);
    let query = comparable_query(url, |name, value| {
        IDENTIFYING.contains(&name) || !(tells || is_passing_parameter(name, value))
    });
    format!("{host}{path}{query}{}", comparable_fragment(url))
}

/// Returns true if a path alone identifies its content: it ends in a specific name, not in that of a program.
fn path_identifies(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let last = last.to_ascii_lowercase();
    match last.rsplit_once('.') {
        Some((_, ending)) => !PROGRAM_ENDINGS.contains(&ending),
        None => !last.is_empty() && !GENERAL_PATHS.contains(&last.as_str()),
    }
}

/// Returns true if a parameter does not identify content, by its name in lower case or by a machine-generated value.
fn is_passing_parameter(name: &str, value: &str) -> bool {
    let is_fraction = || {
        let fraction = value.strip_prefix("0.").unwrap_or_default();
        fraction.len() >= 6 && fraction.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_time = || value.len() >= 9 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_tracker(name)
        || LATER_TRACKERS.contains(&name)
        || is_session(name, value)
        || PASSING.contains(&name)
        || PASSING_PARTS.iter().any(|part| name.contains(part))
        || is_time()
        || is_fraction()
        || is_machine_generated(value)
}

fn comparable_host(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.host_str()?.split('.').collect();
    let own = labels.len().saturating_sub(2);
    let is_twin = |at: usize, label: &&str| at < own && TWIN_LABELS.contains(label);
    let labels = labels
        .iter()
        .enumerate()
        .filter(|(at, label)| !is_twin(*at, label));
    let host = labels
        .map(|(_, label)| *label)
        .collect::<Vec<_>>()
        .join(".");
    let port = url.port().map(|port| format!(":{port}"));
    Some(host + &port.unwrap_or_default())
}

fn comparable_fragment(url: &Url) -> String {
    let fragment = url.fragment().map(|fragment| format!("#{fragment}"));
    fragment.unwrap_or_default()
}

/// Removes index page, layout and closing slash.
fn comparable_path(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let (folder, page) = path.rsplit_once('/').unwrap_or_default();
    let folder = match page {
        "amp" => folder,
        page if INDEX_PAGES.contains(&page.to_ascii_lowercase().as_str()) => folder,
        _ => path,
    };
    let folder = folder
        .strip_prefix("/amp")
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(folder);
    folder.trim_end_matches('/')
}

/// Sorts the parameters and removes layouts and those that `keep` rejects, by their names in lower case and their
/// values as written.
fn comparable_query(url: &Url, keep: impl Fn(&str, &str) -> bool) -> String {
    let is_kept = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = &*name.to_ascii_lowercase();
        !pair.is_empty()
            && !LAYOUTS.contains(&(name, &*value.to_ascii_lowercase()))
            && keep(name, value)
    };
    let pairs = url.query().unwrap_or_default().split('&');
    let mut pairs: Vec<&str> = pairs.filter(is_kept).collect();
    pairs.sort_unstable();
    if pairs.is_empty() {
        return String::new();
    }
    format!("?{}", pairs.join("&"))
}

/// Returns an address as the title of an entry without one: `host.example/news/7`.
pub(super) fn address_title(url: &Url) -> String {
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
            canonical_url(link, &base).map(String::from).as_deref(),
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
    fn an_address_is_read_as_it_is_meant() {
        let expected = Some("https://host.example/2026/a.html");
        check("\n  https://host.example/\n\t 2026/a.html\r\n", expected);
        check("https://host.example/2026/\ra.html", expected);
        check("<![CDATA[https://host.example/2026/a.html]]>", expected);
        check("<![CDATA[ <![CDATA[/2026/a.html]]> ]]>", expected);
        check("<a class=b href=\"/2026/a.html\">a</a>", expected);
        check("<a href = '/2026/a.html'>a</a>", expected);
        check("<https://host.example/2026/a.html>", expected);
        check("host.example/2026/a.html", expected);
        check("www.b.example", Some("https://www.b.example/"));
        check("b.example/a", Some("https://host.example/en/b.example/a"));
        check("a.html", Some("https://host.example/en/a.html"));
        check("/a b", Some("https://host.example/a%20b"));
        check(
            "<a href=\"/a?b=1&amp;c=2\">",
            Some("https://host.example/a?b=1&c=2"),
        );
        for none in [
            "N/A",
            " n/a ",
            "None",
            "null",
            "#",
            "<b>a</b>",
            "read <a href='/a'>a</a>",
            "<>",
            "<a href=>a</a>",
        ] {
            check(none, None);
        }
    }

    #[test]
    fn sessions_are_left_out() {
        let session = "0f3d2a1b4c5e6f708192a3b4c5d6e7f8";
        check(
            &format!("/a?PHPSESSID=x&id=1&sid={session}"),
            Some("https://host.example/a?id=1"),
        );
        check(
            &format!("/a?sid=12&s=storm&session={session}"),
            Some("https://host.example/a?sid=12&s=storm"),
        );
        check(
            "/a/b;jsessionid=1F.node?id=1",
            Some("https://host.example/a/b?id=1"),
        );
        check("/a;JSESSIONID=1/b", Some("https://host.example/a/b"));
        check("/(S(45abc))/a", Some("https://host.example/a"));
    }

    #[test]
    fn addresses_of_files_stay_as_they_are() {
        let base = "https://host.example/en/list?page=2".parse().unwrap();
        let check = |link: &str, expected: Option<&str>| {
            let found = file_address(link, &base).map(String::from);
            assert_eq!(found.as_deref(), expected, "{link}");
        };
        let signed =
            "https://i.host.example/a.jpg?w=1&s=0f3d2a1b4c5e6f708192a3b4c5d6e7f8&utm_id=1&sid=2";
        check(signed, Some(signed));
        let session = "https://host.example/a;jsessionid=1F/b.mp3?session=0f3d2a1b4c5e6f708192a3b4c5d6e7f8#t=30";
        check(session, Some(session));
        let counted = "https://count.example/redirect?url=https%3A%2F%2Fb.example%2Fx.mp3";
        check(counted, Some(counted));
        check("../a b.pdf?", Some("https://host.example/a%20b.pdf?"));
        check("https://ana:pw@b.example/x", Some("https://b.example/x"));
        check("data:image/gif;base64,R0", None);
        check("file:///etc/passwd", None);
        check(" ", None);
    }

    #[test]
    fn redirectors_are_left_out() {
        let target = "https%3A%2F%2Fb.example%2Fx%3Fid%3D1%26utm_source%3Dy";
        let unwrapped = Some("https://b.example/x?id=1");
        for redirector in [
            "https://www.google.com/url?sa=t&url=",
            "https://l.facebook.com/l.php?h=AT0&u=",
            "https://l.instagram.com/?u=",
            "https://www.youtube.com/redirect?event=x&q=",
            "https://nam02.safelinks.protection.outlook.com/?url=",
            "/go/?to=https%3A%2F%2Fvk.com%2Faway.php%3Fto%3D",
        ] {
            let target = if redirector.starts_with("/go") {
                "https%253A%252F%252Fb.example%252Fx%253Fid%253D1"
            } else {
                target
            };
            check(&format!("{redirector}{target}"), unwrapped);
        }
        check(
            "https://www.google.com/amp/s/b.example/x/amp/",
            Some("https://b.example/x/amp/"),
        );
        check(
            "https://b-example.cdn.ampproject.org/c/s/b.example/x#aoh=1",
            Some("https://b.example/x"),
        );
        check(
            "/share?u=https://b.example/",
            Some("https://host.example/share?u=https://b.example/"),
        );
        check("/url?q=storm", Some("https://host.example/url?q=storm"));
    }

    #[test]
    fn ids_keep_their_spelling() {
        let base = "https://host.example/".parse().unwrap();
        let check = |link: &str, expected: &str| {
            assert_eq!(identity_url(link, &base).unwrap().as_str(), expected);
        };
        check(
            "/a?xtor=1&gclid=2&sid=3",
            "https://host.example/a?xtor=1&sid=3",
        );
        check(
            "/url?q=https://b.example/",
            "https://host.example/url?q=https://b.example/",
        );
        check(
            "//m.host.example/a/index.html#b",
            "https://m.host.example/a/index.html#b",
        );
    }

    #[test]
    fn spellings_of_one_address_compare_equal() {
        let key = |url: &str| comparable_address(&url.parse().unwrap());
        let same = |one: &str, other: &str| assert_eq!(key(one), key(other), "{one} {other}");
        same("https://www.a.example/x/", "http://a.example/x");
        same(
            "https://m.a.example/x?b=1&a=2",
            "https://a.example/x?a=2&b=1",
        );
        same("https://es.m.a.example/x", "https://es.a.example/x");
        same(
            "https://amp.a.example/x/amp/?outputType=amp",
            "https://a.example/x",
        );
        same(
            "https://a.example/amp/x?amp=1",
            "https://a.example/x/index.html",
        );
        assert_eq!(
            key("https://www.a.example:8080/x/?b#c").unwrap(),
            "a.example:8080/x?b#c"
        );
        let differ = |one: &str, other: &str| assert_ne!(key(one), key(other), "{one} {other}");
        differ("https://a.example/x?id=1", "https://a.example/x?id=2");
        differ("https://m.example/x", "https://example/x");
        differ("https://a.example/ampere", "https://a.example/ere");
        assert_eq!(key("https://a.example/"), None);
        assert_eq!(key("https://a.example/index.php"), None);
    }

    #[test]
    fn an_address_leads_where_it_led() {
        let to = |url: &str| destination_key(&url.parse().unwrap());
        let same = |one: &str, other: &str| assert_eq!(to(one), to(other), "{one} {other}");
        same("https://www.a.example/x/", "http://a.example/x");
        same("https://a.example/x?from=a", "https://a.example/x?from=b");
        same(
            "https://a.example/show.php?id=7&t=1772355600",
            "https://a.example/show.php?rnd=0.314159&id=7",
        );
        same(
            "https://a.example/download?file=a.pdf&Expires=1&Signature=x",
            "https://a.example/download?file=a.pdf&Expires=2&Signature=y",
        );
        same("https://a.example/a.mp3?auth=1", "https://a.example/a.mp3");
        same("https://a.example/", "http://a.example/?sessionid=1");
        let differ = |one: &str, other: &str| assert_ne!(to(one), to(other), "{one} {other}");
        differ("https://a.example/x", "https://b.example/x");
        differ("https://a.example/x", "https://a.example/y");
        differ("https://a.example/x?id=1", "https://a.example/x?id=2");
        differ("https://a.example/?p=1", "https://a.example/?p=2");
        differ("https://a.example/view?n=1", "https://a.example/view?n=2");
        differ(
            "https://a.example/thumb.php?of=1",
            "https://a.example/thumb.php?of=2",
        );
        differ("https://a.example/x#a", "https://a.example/x#b");
    }

    proptest! {
        #[test]
        fn twice_is_once(link in "(/|\\?|&|#|utm_|=|[a-z ñ%]|fbclid|url|;jsessionid=|https://b.example|https%3A%2F%2F|/amp/s/|xtor|sid=){0,30}") {
            let base: Url = "https://host.example/list".parse().unwrap();
            if let Some(once) = canonical_url(&link, &base) {
                prop_assert_eq!(canonical_url(once.as_str(), &base), Some(once));
            }
        }
    }
}
