//! Former addresses of feeds and of the site, with their present ones.
//!
//! In: the former names in the configuration, and the target of a request. Out: its present address, for a 301
//! (RFC 9110 §15.4.2), after which readers use the new address.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use crate::model::{Branch, FeedId, Site, SourceId, TopicId};
use crate::publish;

/// Characters that must be escaped in a path (RFC 3986 §3.3), including those that would end it.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Former names, each with its replacement.
#[derive(Clone, Debug, Default)]
pub struct Redirects {
    site: Option<Site>,
    /// Former hosts, as in `Host`.
    hosts: Vec<String>,
    feeds: HashMap<FeedId, TopicId>,
    sources: HashMap<SourceId, SourceId>,
}

/// The present address of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MovedAddress {
    /// The path without its leading slash: `new/mx.atom`.
    pub(super) name: String,
    /// The path of the whole topic, for a branch that does not exist.
    pub(super) whole: Option<String>,
}

impl Redirects {
    /// Creates the redirects for the former names of `feeds` and `sources`, and for the addresses `former` of
    /// the `site`.
    pub fn new(
        site: Site,
        former: &[Url],
        feeds: impl IntoIterator<Item = (FeedId, TopicId)>,
        sources: impl IntoIterator<Item = (SourceId, SourceId)>,
    ) -> Self {
        let own = host_of(&site.base_url);
        let hosts = former.iter().filter_map(host_of);
        Self {
            hosts: hosts.filter(|host| Some(host) != own.as_ref()).collect(),
            site: Some(site),
            feeds: feeds.into_iter().collect(),
            sources: sources.into_iter().collect(),
        }
    }

    /// Returns the present address of the feed at `path`; `None` if it has not moved.
    pub(super) fn find_feed(&self, path: &str) -> Option<MovedAddress> {
        if self.feeds.is_empty() && self.sources.is_empty() {
            return None;
        }
        let name = path.strip_prefix('/')?;
        let (stem, end) = match name.rsplit_once('.') {
            Some((stem, end)) if !end.contains('/') => (stem, format!(".{end}")),
            _ => (name, String::new()),
        };
        if let Ok(id) = stem.parse::<FeedId>() {
            let now = self.current_feed(&id)?;
            let whole = now
                .branch()
                .is_some()
                .then(|| format!("{}{end}", now.topic()));
            return Some(MovedAddress {
                name: format!("{now}{end}"),
                whole,
            });
        }
        // Other paths below a topic are its archives.
        let (topic, rest) = name.split_once('/')?;
        let topic: TopicId = topic.parse().ok()?;
        let now = self.feeds.get(&FeedId::from(topic))?;
        Some(MovedAddress {
            name: format!("{now}/{rest}"),
            whole: None,
        })
    }

    fn current_feed(&self, id: &FeedId) -> Option<FeedId> {
        if let Some(topic) = self.feeds.get(id) {
            return Some(topic.clone().into());
        }
        let topic = self.feeds.get(&FeedId::from(id.topic().clone()));
        let source = id.branch().and_then(Branch::source);
        let now = id.renamed(topic, source.and_then(|source| self.sources.get(source)));
        (now != *id).then_some(now)
    }

    /// Returns true if a request is for a former address of the site.
    pub(super) fn is_former_site(&self, headers: &HeaderMap) -> bool {
        !self.hosts.is_empty()
            && requested_host(headers).is_some_and(|host| self.hosts.contains(&host))
    }

    /// Returns the address of a path without its leading slash: on the site if the request is for the site or
    /// one of its former addresses, else on the requested host.
    pub(super) fn present_location(
        &self,
        name: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> String {
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let asked = requested_host(headers);
        let base = self.site.as_ref().map(|site| &site.base_url);
        let base = base.filter(|base| {
            asked.is_some() && (host_of(base) == asked || self.is_former_site(headers))
        });
        let name = utf8_percent_encode(name, NOT_IN_PATHS);
        match base {
            Some(base) => format!("{base}{name}{query}"),
            None => format!("/{name}{query}"),
        }
    }

    /// Returns the page for a request for a missing file; `None` without a site.
    pub(super) fn missing_page(&self, headers: &HeaderMap) -> Option<Vec<u8>> {
        let root = self.present_location("", None, headers);
        Some(publish::render_missing_page(self.site.as_ref()?, &root))
    }
}

/// Returns the host that a request is for, without the default port.
fn requested_host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let host = host.trim().to_ascii_lowercase();
    let bare = host.strip_suffix(":80").or(host.strip_suffix(":443"));
    Some(bare.unwrap_or(&host).to_owned())
}

fn host_of(site: &Url) -> Option<String> {
    let host = site.host_str()?.to_ascii_lowercase();
    Some(match site.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirects() -> Redirects {
        let feed = |was: &str, now: &str| (was.parse().unwrap(), now.parse().unwrap());
        Redirects::new(
            Site {
                title: "Bulletins".into(),
                base_url: "https://new.example/feeds/".parse().unwrap(),
                language: "es".parse().unwrap(),
            },
            &["https://old.example/".parse().unwrap()],
            [feed("old", "news"), feed("health/mx", "mexico")],
            [("iom".parse().unwrap(), "iom-mx".parse().unwrap())],
        )
    }

    #[test]
    fn every_form_of_a_feed_moves() {
        let check = |path: &str, name: Option<&str>, whole: Option<&str>| {
            let moved = redirects().find_feed(path);
            let found = moved.map(|moved| (moved.name, moved.whole));
            let expected = name.map(|name| (name.to_owned(), whole.map(str::to_owned)));
            assert_eq!(found, expected, "{path}");
        };
        for end in [".atom", ".rss", ".json", ".html", ""] {
            check(&format!("/old{end}"), Some(&format!("news{end}")), None);
            let (branch, whole) = (format!("news/mx{end}"), format!("news{end}"));
            check(&format!("/old/mx{end}"), Some(&branch), Some(&whole));
            let by_source = format!("news/lang-es-from-iom-mx{end}");
            check(
                &format!("/old/lang-es-from-iom{end}"),
                Some(&by_source),
                Some(&whole),
            );
            check(
                &format!("/health/mx{end}"),
                Some(&format!("mexico{end}")),
                None,
            );
        }
        check("/old/archive/3.atom", Some("news/archive/3.atom"), None);
        check(
            "/health/from-iom.rss",
            Some("health/from-iom-mx.rss"),
            Some("health.rss"),
        );
        for same in [
            "/",
            "/news.atom",
            "/health.atom",
            "/health/cr.atom",
            "/older.atom",
            "/index.html",
            "/../old.atom",
            "/%6fld.atom",
            "//old.atom",
            "old.atom",
        ] {
            check(same, None, None);
        }
    }

    #[test]
    fn the_location_is_on_the_site_where_the_site_was_asked() {
        let check = |host: &str, location: &str| {
            let headers = [(header::HOST, host.parse().unwrap())];
            let headers = headers.into_iter().collect();
            let found = redirects().present_location("news.atom", Some("a=1"), &headers);
            assert_eq!(found, location, "{host}");
        };
        check("new.example", "https://new.example/feeds/news.atom?a=1");
        check("OLD.example:443", "https://new.example/feeds/news.atom?a=1");
        check("127.0.0.1:8080", "/news.atom?a=1");
        check("evil.example", "/news.atom?a=1");
    }

    #[test]
    fn what_a_path_cannot_hold_is_escaped_in_the_location() {
        let check = |name: &str, location: &str| {
            assert_eq!(
                redirects().present_location(name, None, &HeaderMap::new()),
                location
            );
        };
        check("news/archive/3.atom", "/news/archive/3.atom");
        check("news/ñ a\r\nb?%", "/news/%C3%B1%20a%0D%0Ab%3F%25");
    }

    #[test]
    fn the_page_of_what_is_not_there_leads_home() {
        let check = |host: &str, home: &str| {
            let headers = [(header::HOST, host.parse().unwrap())];
            let page = redirects().missing_page(&headers.into_iter().collect());
            let page = String::from_utf8(page.unwrap()).unwrap();
            let link = format!(r#"<a href="{home}index.html">Todos los temas</a>"#);
            assert!(page.contains(&link), "{page}");
            assert!(page.contains(r#"<html lang="es">"#), "{page}");
            assert!(
                page.contains(&format!(r#"href="{home}style.css""#)),
                "{page}"
            );
        };
        check("new.example", "https://new.example/feeds/");
        check("127.0.0.1:8080", "/");
        assert_eq!(Redirects::default().missing_page(&HeaderMap::new()), None);
    }
}
