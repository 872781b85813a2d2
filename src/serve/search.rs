//! Searches over HTTP: `/search.atom?q=flood` and the like in every format, and the page `/search`.
//!
//! In: a request. Out: a response. Results are sent as files are; any other response states the remedy.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, Response, StatusCode, header};
use url::form_urlencoded;

use super::answers::{FormattedSearch, SearchResponse};
use super::assets::format_of_extension;
use super::client::Peer;
use super::response::{asset_response, plain_response, set_header};
use super::searches::{SearchRefusal, Searches};
use crate::publish::FeedFormat;

/// The longest query, in characters.
const MAX_QUERY: usize = 1000;
/// The `Retry-After` for readers who find too many others waiting.
const PAUSE: Duration = Duration::from_secs(10);

/// Returns the format in which a path asks for a search.
pub(super) fn requested_format(path: &str) -> Option<FeedFormat> {
    match path.strip_prefix("/search")? {
        "" => Some(FeedFormat::Html),
        rest => format_of_extension(rest.strip_prefix('.')?),
    }
}

/// Answers a request whose path asks for a search in `format`.
pub(super) async fn respond_to_search(
    searches: &Arc<Searches>,
    format: FeedFormat,
    peer: Peer,
    request: &Parts,
) -> Response<Body> {
    let mut response = match parse_search(request.uri.query(), format) {
        Ok(search) => {
            let client = searches.client_of(peer, &request.headers);
            match searches.find_answer(search, client).await {
                Ok(answer) => answer.response(request),
                Err(refusal) => refusal.response(),
            }
        }
        Err(mistake) => plain_response(StatusCode::BAD_REQUEST, mistake),
    };
    let headers = response.headers_mut();
    set_header(headers, HeaderName::from_static("x-robots-tag"), "noindex");
    if format != FeedFormat::Html {
        set_header(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    response
}

impl SearchResponse {
    /// Responds with a mistake. It is not a resource: it is sent whole, and not cached.
    fn response(&self, request: &Parts) -> Response<Body> {
        if self.status == StatusCode::OK {
            return asset_response(&self.asset, &request.method, &request.headers);
        }
        let mut response = plain_response(self.status, self.asset.body.clone());
        let content_type = self.asset.content_type;
        set_header(response.headers_mut(), header::CONTENT_TYPE, content_type);
        response
    }
}

impl SearchRefusal {
    fn response(self) -> Response<Body> {
        let (status, wait, text) = match self {
            Self::TooOften(wait) => (
                StatusCode::TOO_MANY_REQUESTS,
                wait,
                "too many searches from your address: 30 at once and one a second are answered\n",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                PAUSE,
                "too many searches are under way: try again soon\n",
            ),
            Self::Failed => (
                StatusCode::SERVICE_UNAVAILABLE,
                PAUSE,
                "the search failed: try again later\n",
            ),
        };
        let seconds = wait.as_millis().div_ceil(1000);
        let mut response = plain_response(status, text);
        set_header(
            response.headers_mut(),
            header::RETRY_AFTER,
            &seconds.to_string(),
        );
        response
    }
}

/// Returns the search in the parameters of an address, with blanks normalized, or the remedy if there is none.
///
/// Parameters other than the first `q` are ignored.
fn parse_search(parameters: Option<&str>, format: FeedFormat) -> Result<FormattedSearch, String> {
    let parameters = form_urlencoded::parse(parameters.unwrap_or_default().as_bytes());
    let query = parameters.into_iter().find(|(name, _)| name == "q");
    let words: Vec<&str> = query
        .iter()
        .flat_map(|(_, text)| text.split_whitespace())
        .collect();
    let query = words.join(" ");
    if query.chars().count() > MAX_QUERY {
        return Err(format!("a search has at most {MAX_QUERY} characters\n"));
    }
    if query.is_empty() && format != FeedFormat::Html {
        let extension = format.extension();
        return Err(format!(
            "say what to search for, /search.{extension}?q=flood; /search is a page to do that on\n"
        ));
    }
    Ok(FormattedSearch { query, format })
}

/// Returns the word for the outcome of a search, in metrics.
pub(super) fn outcome_label(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "mistake",
        StatusCode::TOO_MANY_REQUESTS => "limited",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "found",
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use axum::body::to_bytes;
    use axum::http::{HeaderMap, Request};
    use tokio::sync::mpsc;
    use tokio::task::JoinHandle;
    use tokio::time::{Instant, advance};

    use super::super::response::PLAIN;
    use super::super::searches::{AT_ONCE, MAX_WAITING, SearchAnswer, SearchRequest};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A response.
    struct Sent {
        status: u16,
        headers: HeaderMap,
        body: String,
    }

    impl Sent {
        fn header(&self, name: &str) -> &str {
            self.headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        }
    }

    /// Readers, and a daemon whose answers the test provides.
    struct Site {
        searches: Arc<Searches>,
        requests: mpsc::Receiver<SearchRequest>,
    }

    impl Site {
        fn new() -> Self {
            let (searches, requests) = Searches::new(Arc::default());
            Self {
                searches: Arc::new(searches),
                requests,
            }
        }

        /// Starts a reader's request, which is running when this returns.
        async fn ask_as(
            &self,
            reader: u8,
            target: &str,
            headers: &[(&str, &str)],
        ) -> JoinHandle<Sent> {
            let mut request = Request::builder().uri(target);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (request, ()) = request.body(()).unwrap().into_parts();
            let format = requested_format(request.uri.path()).expect("a search");
            let peer = Peer::from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, reader)));
            let searches = Arc::clone(&self.searches);
            let asking = tokio::spawn(async move {
                let response = respond_to_search(&searches, format, peer, &request).await;
                let (parts, body) = response.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                Sent {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: String::from_utf8_lossy(&body).into_owned(),
                }
            });
            settle().await;
            asking
        }

        async fn ask(&self, target: &str) -> JoinHandle<Sent> {
            self.ask_as(1, target, &[]).await
        }

        /// Returns a response that does not need the daemon.
        async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Sent {
            self.ask_as(1, target, headers).await.await.unwrap()
        }

        /// Returns the response to a search that the daemon answers with `answer`.
        async fn get_from(&mut self, target: &str, answer: SearchAnswer) -> Sent {
            let asking = self.ask(target).await;
            self.next().answer.send(answer).unwrap();
            asking.await.unwrap()
        }

        /// Returns the daemon's next request, which must already be there.
        fn next(&mut self) -> SearchRequest {
            self.requests.try_recv().expect("a search for the daemon")
        }

        #[track_caller]
        fn check_idle(&mut self) {
            let request = self.requests.try_recv();
            assert!(request.is_err(), "{request:?}");
        }
    }

    /// Lets all tasks do what they can without the clock.
    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    fn found(text: &str) -> SearchAnswer {
        SearchAnswer::Found(text.as_bytes().to_vec())
    }

    #[test]
    fn a_search_is_one_however_it_is_spaced() {
        let long = "x".repeat(MAX_QUERY);
        let check = |parameters: &str, expected: Option<&str>| {
            for format in FeedFormat::ALL {
                let expected =
                    expected.filter(|query| format == FeedFormat::Html || !query.is_empty());
                let wanted = parse_search(Some(parameters), format).ok();
                let query = wanted.map(|search| search.query);
                assert_eq!(query.as_deref(), expected, "{parameters}, {format:?}");
            }
        };
        check("q=flood", Some("flood"));
        check("q=+flood++%0A%09river+", Some("flood river"));
        check("q=flood%C2%A0%E3%80%80river", Some("flood river"));
        check("utm=x&q=migraci%C3%B3n&page=2", Some("migración"));
        check(
            "q=%22labour%20migration%22%7E5+OR+%28a+b%29",
            Some("\"labour migration\"~5 OR (a b)"),
        );
        check("q=a%26b&q=c", Some("a&b"));
        check("q=%FFx", Some("\u{fffd}x"));
        check("", Some(""));
        check("q", Some(""));
        check("q=%20+", Some(""));
        check("Q=flood", Some(""));
        check(&format!("q={long}"), Some(&long));
        check(&format!("q=+{long}++"), Some(&long));
        check(&format!("q={long}x"), None);
        assert_eq!(parse_search(None, FeedFormat::Html).unwrap().query, "");
    }

    #[test]
    fn searches_have_few_addresses() {
        let check = |path: &str, expected: Option<FeedFormat>| {
            assert_eq!(requested_format(path), expected, "{path}");
        };
        check("/search", Some(FeedFormat::Html));
        check("/search.html", Some(FeedFormat::Html));
        check("/search.atom", Some(FeedFormat::Atom));
        check("/search.rss", Some(FeedFormat::Rss));
        check("/search.json", Some(FeedFormat::Json));
        for path in [
            "/",
            "/search/",
            "/search.",
            "/search.txt",
            "/search.atom/",
            "/searching",
            "/a/search",
        ] {
            check(path, None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_found_is_sent_again_for_a_minute() {
        let mut site = Site::new();
        let asking = site.ask("/search.atom?q=flood++river&page=1").await;
        let request = site.next();
        assert_eq!(
            (request.query.as_str(), request.format),
            ("flood river", FeedFormat::Atom)
        );
        request.answer.send(found("<feed/>")).unwrap();
        let first = asking.await.unwrap();
        assert_eq!((first.status, first.body.as_str()), (200, "<feed/>"));
        advance(59 * SECOND).await;
        let again = site.get("/search.atom?x=1&q=%20flood%20river", &[]).await;
        assert_eq!((again.status, again.body.as_str()), (200, "<feed/>"));
        advance(SECOND).await;
        let later = site
            .get_from("/search.atom?q=flood+river", found("<feed>2</feed>"))
            .await;
        assert_eq!(later.body, "<feed>2</feed>");
        // Another format is another answer.
        let page = site.get_from("/search?q=flood+river", found("<p>")).await;
        assert_eq!(
            (page.body.as_str(), page.header("content-type")),
            ("<p>", "text/html; charset=utf-8")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn answers_say_what_files_say() {
        let mut site = Site::new();
        let text = "<entry/>".repeat(100);
        let first = site.get_from("/search.atom?q=a", found(&text)).await;
        for (name, value) in [
            ("content-type", "application/atom+xml; charset=utf-8"),
            ("cache-control", "public, max-age=60"),
            ("vary", "accept-encoding"),
            ("access-control-allow-origin", "*"),
            ("x-robots-tag", "noindex"),
            ("x-content-type-options", "nosniff"),
            ("content-length", "800"),
            ("last-modified", ""),
        ] {
            assert_eq!(first.header(name), value, "{name}");
        }
        assert!(
            first
                .header("content-security-policy")
                .contains("form-action 'self'")
        );
        let etag = first.header("etag");
        let unchanged = site
            .get("/search.atom?q=a", &[("if-none-match", etag)])
            .await;
        assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
        assert_eq!(
            (unchanged.header("etag"), unchanged.header("x-robots-tag")),
            (etag, "noindex")
        );
        let since = ("if-modified-since", "Sun, 22 Nov 2099 00:00:00 GMT");
        assert_eq!(site.get("/search.atom?q=a", &[since]).await.status, 200);
        let packed = site
            .get("/search.atom?q=a", &[("accept-encoding", "gzip")])
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert_ne!(packed.header("etag"), etag);
        let page = site.get_from("/search?q=a", found("<p>")).await;
        assert_eq!(page.header("access-control-allow-origin"), "");
        assert_eq!(page.header("x-robots-tag"), "noindex");
    }

    #[tokio::test(start_paused = true)]
    async fn what_several_ask_at_once_is_searched_once() {
        let mut site = Site::new();
        let mut asking = Vec::new();
        for reader in 0..50 {
            asking.push(site.ask_as(reader, "/search.rss?q=flood", &[]).await);
        }
        site.next().answer.send(found("<rss/>")).unwrap();
        for asking in asking {
            let sent = asking.await.unwrap();
            assert_eq!((sent.status, sent.body.as_str()), (200, "<rss/>"));
        }
        site.check_idle();
    }

    #[tokio::test(start_paused = true)]
    async fn the_daemon_has_two_searches_at_once_and_few_wait() {
        let mut site = Site::new();
        let mut asking = Vec::new();
        for number in 0..AT_ONCE + MAX_WAITING {
            asking.push(site.ask(&format!("/search.atom?q={number}")).await);
        }
        let started = Instant::now();
        let refused = site.get("/search.atom?q=more", &[]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "10"));
        assert_eq!(started.elapsed(), Duration::ZERO, "it need not wait");
        assert_eq!(refused.header("x-robots-tag"), "noindex");
        // Requests for the same search wait together.
        asking.push(site.ask("/search.atom?q=17").await);
        let mut under_way = vec![site.next(), site.next()];
        site.check_idle();
        for _ in 2..AT_ONCE + MAX_WAITING {
            under_way.remove(0).answer.send(found("x")).unwrap();
            // The answer is compressed on another thread.
            under_way.push(site.requests.recv().await.unwrap());
            site.check_idle();
        }
        drop(under_way);
        let mut statuses = Vec::new();
        for asking in asking {
            statuses.push(asking.await.unwrap().status);
        }
        // A search that the daemon dropped has failed.
        assert_eq!(statuses, [[200; 16].as_slice(), &[503; 3]].concat());
        site.get_from("/search.atom?q=more", found("x")).await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_comes_late_is_there_for_the_next() {
        let mut site = Site::new();
        let asking = site.ask("/search.atom?q=slow").await;
        let request = site.next();
        let started = Instant::now();
        let sent = asking.await.unwrap();
        assert_eq!((sent.status, sent.header("retry-after")), (503, "10"));
        assert_eq!(started.elapsed().as_secs(), 10);
        let again = site.ask("/search.atom?q=slow").await;
        site.check_idle();
        request.answer.send(found("late")).unwrap();
        assert_eq!(again.await.unwrap().body, "late");
        assert_eq!(site.get("/search.atom?q=slow", &[]).await.body, "late");
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_takes_no_place() {
        let mut site = Site::new();
        let (first, second) = (
            site.ask("/search.atom?q=1").await,
            site.ask("/search.atom?q=2").await,
        );
        let gone = site.ask("/search.atom?q=3").await;
        let left = site.ask("/search.atom?q=4").await;
        let under_way = [site.next(), site.next()];
        for asking in [first, second, gone] {
            asking.abort();
            assert!(asking.await.is_err());
        }
        settle().await;
        // The daemon still works on both.
        site.check_idle();
        for request in under_way {
            request.answer.send(found("x")).unwrap();
        }
        let next = site.requests.recv().await.unwrap();
        assert_eq!(next.query, "4");
        next.answer.send(found("x")).unwrap();
        assert_eq!(left.await.unwrap().status, 200);
        assert_eq!(site.get("/search.atom?q=1", &[]).await.status, 200);
        site.check_idle();
    }

    #[tokio::test(start_paused = true)]
    async fn each_client_has_a_rate() {
        let mut site = Site::new();
        for number in 0..30 {
            let target = format!("/search.atom?q={number}");
            assert_eq!(
                site.get_from(&target, found("x")).await.status,
                200,
                "{number}"
            );
        }
        let refused = site.get("/search.atom?q=30", &[]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
        assert_eq!(refused.header("content-type"), PLAIN);
        assert_eq!(refused.header("access-control-allow-origin"), "*");
        // Neither known answers nor invalid searches count.
        for number in 0..30 {
            let sent = site.get(&format!("/search.atom?q={number}"), &[]).await;
            assert_eq!(sent.status, 200);
        }
        assert_eq!(site.get("/search.atom", &[]).await.status, 400);
        let another = site.ask_as(2, "/search.atom?q=30", &[]).await;
        site.next().answer.send(found("x")).unwrap();
        assert_eq!(another.await.unwrap().status, 200);
        advance(Duration::from_millis(400)).await;
        let refused = site.get("/search.atom?q=31", &[]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
        advance(SECOND).await;
        assert_eq!(
            site.get_from("/search.atom?q=31", found("x")).await.status,
            200
        );
        assert_eq!(site.get("/search.atom?q=32", &[]).await.status, 429);
    }

    #[tokio::test(start_paused = true)]
    async fn mistakes_are_explained_in_the_form_that_was_asked_for() {
        let mut site = Site::new();
        let mistake = || SearchAnswer::Mistake(b"column 1: a `(` is not closed".to_vec());
        for (target, content_type, anywhere) in [
            ("/search.atom?q=(", PLAIN, "*"),
            ("/search.json?q=(", PLAIN, "*"),
            ("/search?q=(", "text/html; charset=utf-8", ""),
        ] {
            let sent = site.get_from(target, mistake()).await;
            assert_eq!(
                (sent.status, sent.body.as_str()),
                (400, "column 1: a `(` is not closed"),
                "{target}"
            );
            assert_eq!(sent.header("content-type"), content_type, "{target}");
            assert_eq!(
                sent.header("access-control-allow-origin"),
                anywhere,
                "{target}"
            );
            assert_eq!(
                (sent.header("cache-control"), sent.header("etag")),
                ("", ""),
                "{target}"
            );
            // The daemon is asked once, and conditions do not change the response to a mistake.
            let again = site.get(target, &[("if-none-match", "*")]).await;
            assert_eq!((again.status, again.body), (400, sent.body), "{target}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_words_there_is_a_form_or_an_explanation() {
        let mut site = Site::new();
        for target in ["/search.atom", "/search.rss?q=", "/search.json?q=+%20&x=1"] {
            let sent = site.get(target, &[]).await;
            let (path, _) = target.split_once('?').unwrap_or((target, ""));
            assert_eq!((sent.status, sent.header("content-type")), (400, PLAIN));
            assert!(
                sent.body.contains(&format!("{path}?q=flood")),
                "{}",
                sent.body
            );
        }
        let long = format!("/search?q={}", "x".repeat(1001));
        assert_eq!(site.get(&long, &[]).await.status, 400);
        site.check_idle();
        let form = site.get_from("/search", found("<form>")).await;
        assert_eq!((form.status, form.body.as_str()), (200, "<form>"));
        assert_eq!(site.get("/search.html?q=%20", &[]).await.body, "<form>");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_kept() {
        let mut site = Site::new();
        let failed = site
            .get_from("/search.atom?q=a", SearchAnswer::Failed)
            .await;
        assert_eq!((failed.status, failed.header("retry-after")), (503, "10"));
        let asking = site.ask("/search.atom?q=a").await;
        drop(site.next());
        assert_eq!(asking.await.unwrap().status, 503);
        assert_eq!(
            site.get_from("/search.atom?q=a", found("x")).await.status,
            200
        );
        site.requests.close();
        assert_eq!(site.get("/search.atom?q=a", &[]).await.status, 200);
        assert_eq!(site.get("/search.atom?q=b", &[]).await.status, 503);
    }
}
