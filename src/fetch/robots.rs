//! The rules that publishers set for robots (RFC 9309): the addresses they may fetch, and how fast.
//!
//! In: an address to be fetched. Out: permission, or [`FetchError::Robots`]. The robots.txt of an origin is fetched
//! when it is first needed and kept for a day; the number of origins and bytes kept is bounded. Files have none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use robotxt::robots_url;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use super::{FetchError, Fetcher};
use crate::model::{PublicUrl, Timestamp};

/// The product token of our User-Agent, which selects the rules for us (RFC 9309 §2.2.1).
const PRODUCT: &str = "tidings";
/// The number of bytes of a robots.txt that are read (RFC 9309 §2.5); one more byte shows whether its last line is
/// complete.
const MAX_BYTES: usize = robotxt::BYTE_LIMIT + 1;
/// The time for which a robots.txt is kept (RFC 9309 §2.4).
const KEPT: TimeDelta = TimeDelta::hours(24);
/// The pause before retrying a robots.txt that could not be fetched.
const RETRIED: TimeDelta = TimeDelta::minutes(10);
/// The longest crawl delay that is obeyed.
pub const MAX_CRAWL_DELAY: Duration = Duration::from_secs(30);
/// The limits on origins whose robots.txt is kept, and on their bytes. Beyond either, everything is discarded and
/// fetched anew.
const MAX_ORIGINS: usize = 10_000;
const MAX_KEPT_BYTES: usize = 32 << 20;

/// The rules of one origin that apply to us.
#[derive(Clone, Debug)]
pub struct RobotsRules {
    rules: Arc<robotxt::Robots>,
    /// The reason why its robots.txt could not be read: then nothing may be fetched (RFC 9309 §2.3.1.4).
    unread: Option<(String, Option<Duration>)>,
}

impl RobotsRules {
    fn parse_text(text: &[u8]) -> Self {
        Self::from_rules(robotxt::Robots::parse(text, PRODUCT))
    }

    fn from_rules(rules: robotxt::Robots) -> Self {
        Self {
            rules: Arc::new(rules),
            unread: None,
        }
    }

    fn unreadable(error: &FetchError) -> Self {
        Self {
            unread: Some((error.to_string(), error.retry_after())),
            ..Self::from_rules(robotxt::Robots::disallow_all())
        }
    }

    /// Returns the reason why `url` may not be fetched; `None` if it may.
    pub fn refusal_reason(&self, url: &Url) -> Option<String> {
        if let Some((reason, _)) = &self.unread {
            return Some(format!("its robots.txt cannot be read ({reason})"));
        }
        if self.rules.is_url_allowed(url) {
            return None;
        }
        let query = url.query().map(|query| format!("?{query}"));
        let path = format!("{}{}", url.path(), query.unwrap_or_default());
        let rule = self.rules.matching_rule(&path);
        let rule = rule.map_or("/", robotxt::Rule::pattern);
        Some(format!(
            "its robots.txt says `Disallow: {rule}` to `{}`",
            self.rules.user_agent()
        ))
    }

    /// Returns the pause between two requests, up to the limit.
    pub fn crawl_delay(&self) -> Option<Duration> {
        let delay = self.rules.crawl_delay();
        delay.map(|delay| delay.min(MAX_CRAWL_DELAY))
    }

    /// Returns the sitemaps listed in it.
    pub fn sitemaps(&self) -> &[Url] {
        self.rules.sitemaps()
    }
}

/// The rules of one origin and their expiry; locked while a request for them is in progress.
type OriginSlot = Arc<AsyncMutex<Option<(RobotsRules, Timestamp)>>>;

/// The origins requested so far.
#[derive(Debug, Default)]
pub(super) struct KnownOrigins {
    origins: Mutex<(HashMap<String, OriginSlot>, usize)>,
}

impl KnownOrigins {
    fn origin_slot(&self, origin: String) -> OriginSlot {
        let mut known = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0.len() >= MAX_ORIGINS && !known.0.contains_key(&origin) {
            *known = Default::default();
        }
        Arc::clone(known.0.entry(origin).or_default())
    }

    fn add_bytes(&self, bytes: usize) {
        let mut known = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        known.1 += bytes;
        if known.1 > MAX_KEPT_BYTES {
            *known = Default::default();
        }
    }
}

impl Fetcher {
    /// Returns the rules of the origin of `url`, which is `http` or `https`; from now on, requests to its host obey
    /// their crawl delay.
    ///
    /// # Errors
    /// [`FetchError`] if there is no answer at all. A server that answers with a failure counts as one that refuses.
    pub async fn robots_rules(
        &self,
        url: &PublicUrl,
        now: Timestamp,
    ) -> Result<RobotsRules, FetchError> {
        let Ok(at) = robots_url(url.expose()) else {
            return Ok(RobotsRules::from_rules(robotxt::Robots::allow_all()));
        };
        let slot = self.robots.origin_slot(at.origin().ascii_serialization());
        let mut held = slot.lock().await;
        if let Some((robots, until)) = held.as_ref()
            && now < *until
        {
            self.apply_crawl_delay(url, robots);
            return Ok(robots.clone());
        }
        let (robots, kept) = match self.read_robots(&url.with_url(at), now).await {
            Ok(robots) => (robots, KEPT),
            Err(error) if !is_refusal(&error) => return Err(error),
            Err(error) => match held.take() {
                // The previous rules remain valid (RFC 9309 §2.4).
                Some((robots, _)) if robots.unread.is_none() => (robots, RETRIED),
                _ => (RobotsRules::unreadable(&error), RETRIED),
            },
        };
        self.apply_crawl_delay(url, &robots);
        *held = Some((robots.clone(), now + kept));
        Ok(robots)
    }

    /// Applies the host's crawl delay on each request, because hosts that were idle for a while are removed.
    fn apply_crawl_delay(&self, url: &PublicUrl, robots: &RobotsRules) {
        if let Some(delay) = robots.crawl_delay() {
            self.hosts.lengthen_delay(url.expose(), delay);
        }
    }

    /// Checks that the publisher's rules allow robots to fetch `url`.
    ///
    /// # Errors
    /// [`FetchError::Robots`] if they do not; others as [`Self::robots`].
    pub(super) async fn check_robots(
        &self,
        url: &PublicUrl,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        let robots = self.robots_rules(url, now).await?;
        match robots.refusal_reason(url.expose()) {
            None => Ok(()),
            Some(reason) => Err(FetchError::Robots {
                url: url.to_string(),
                reason,
                retry_after: robots.unread.and_then(|(_, retry_after)| retry_after),
            }),
        }
    }

    async fn read_robots(&self, at: &PublicUrl, now: Timestamp) -> Result<RobotsRules, FetchError> {
        self.hosts.wait_for_turn(at.expose()).await;
        let limit = self.limits.timeout;
        let answer = tokio::time::timeout(limit, self.fetch_beginning(at, MAX_BYTES, now)).await;
        let timeout = |_| FetchError::Timeout {
            url: at.to_string(),
            limit,
        };
        match answer.map_err(timeout)? {
            Ok(text) => {
                self.robots.add_bytes(text.len());
                Ok(RobotsRules::parse_text(&text))
            }
            // There are no rules, or none for us (RFC 9309 §2.3.1.3), or the redirect leads nowhere (§2.3.1.2).
            Err(
                FetchError::Status {
                    status: 400..=428 | 430..=499,
                    ..
                }
                | FetchError::Redirects { .. }
                | FetchError::BadRedirect { .. },
            ) => Ok(RobotsRules::from_rules(robotxt::Robots::allow_all())),
            Err(error) => Err(error),
        }
    }
}

/// Returns true if the server answered, even with a refusal. A server that does not answer fails at the address itself
/// as well.
fn is_refusal(error: &FetchError) -> bool {
    matches!(error, FetchError::Status { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::FetchLimits;

    fn check(robots: &str, address: &str, refused_by: Option<&str>) {
        let url: Url = address.parse().unwrap();
        let refusal = RobotsRules::parse_text(robots.as_bytes()).refusal_reason(&url);
        let told = refused_by.map(|told| format!("its robots.txt says `Disallow: {told}"));
        assert_eq!(refusal, told, "{robots} {address}");
    }

    #[test]
    fn rules_for_us_go_before_those_for_all() {
        let robots = "User-agent: *\nDisallow: /\n\nUser-agent: Tidings\nDisallow: /private\nAllow: /private/open\n";
        check(robots, "https://host.example/news", None);
        check(robots, "https://host.example/private/open?a=1", None);
        check(
            robots,
            "https://host.example/private/a",
            Some("/private` to `tidings`"),
        );
        let all = "User-agent: *\nDisallow: /*?page=";
        check(
            all,
            "https://host.example/news?page=2",
            Some("/*?page=` to `*`"),
        );
        check(all, "https://host.example/news", None);
        check("Disallow: /", "https://host.example/", None);
        check("<!doctype html><p>Not found", "https://host.example/", None);
    }

    /// The memory of hosts is bounded, but their crawl delay is known for as long as their robots.txt is.
    #[test]
    fn a_host_that_was_forgotten_is_asked_as_seldom_as_before() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let fetcher = Fetcher::new(FetchLimits {
                timeout: Duration::from_secs(1),
                max_body_bytes: 1,
                concurrency: 1,
                per_host: 1,
                host_delay: Duration::from_secs(1),
                allow_networks: Vec::new(),
                user_agent: "tidings".to_owned(),
            })
            .unwrap();
            let now = Timestamp::UNIX_EPOCH;
            let url = PublicUrl::new("https://host.example/news".parse().unwrap());
            let robots = RobotsRules::parse_text(b"User-agent: *\nCrawl-delay: 20");
            let slot = fetcher
                .robots
                .origin_slot("https://host.example".to_owned());
            *slot.lock().await = Some((robots, now + KEPT));
            fetcher.check_robots(&url, now).await.unwrap();
            for other in 0..100 {
                let other: Url = format!("https://{other}.example/").parse().unwrap();
                fetcher.hosts.wait_for_turn(&other).await;
                tokio::time::advance(Duration::from_mins(1)).await;
            }
            fetcher.check_robots(&url, now).await.unwrap();
            fetcher.hosts.wait_for_turn(url.expose()).await;
            let began = tokio::time::Instant::now();
            fetcher.hosts.wait_for_turn(url.expose()).await;
            assert_eq!(began.elapsed(), Duration::from_secs(20));
        });
    }

    #[test]
    fn a_delay_is_bounded() {
        let delay = |text: &str| RobotsRules::parse_text(text.as_bytes()).crawl_delay();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(delay("User-agent: *\nCrawl-delay: 5"), seconds(5));
        assert_eq!(delay("User-agent: *\nCrawl-delay: 86400"), seconds(30));
        assert_eq!(delay("User-agent: *\nCrawl-delay: -1"), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = KnownOrigins::default();
        let first = known.origin_slot("https://a.example".to_owned());
        assert!(Arc::ptr_eq(
            &first,
            &known.origin_slot("https://a.example".to_owned())
        ));
        known.add_bytes(MAX_KEPT_BYTES + 1);
        assert!(!Arc::ptr_eq(
            &first,
            &known.origin_slot("https://a.example".to_owned())
        ));
        for number in 0..MAX_ORIGINS + 5 {
            known.origin_slot(number.to_string());
        }
        assert!(known.origins.lock().unwrap().0.len() <= MAX_ORIGINS);
    }
}
