//! Answers to searches, kept for a minute: a search that many readers make runs once.
//!
//! In: an [`Answer`], and when it was found. Out: the same, as long as it is fresh.
//!
//! Limited in number and in bytes; the least recently used go first.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use hashlink::LruCache;
use tokio::time::Instant;

use super::assets::Asset;
use crate::publish::FeedFormat;

/// The time for which an answer is reused.
const FRESH: Duration = Duration::from_mins(1);
const MAX_ANSWERS: usize = 1000;
const MAX_BYTES: usize = 32 << 20;

/// A search and the format of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FormattedSearch {
    pub(super) query: String,
    pub(super) format: FeedFormat,
}

/// The response to a search.
#[derive(Debug)]
pub(super) struct SearchResponse {
    pub(super) status: StatusCode,
    pub(super) asset: Asset,
}

/// The answers of the last minute.
pub(super) struct AnswerCache {
    held: LruCache<FormattedSearch, CachedAnswer>,
    /// The size of all answers.
    bytes: usize,
}

struct CachedAnswer {
    answer: Arc<SearchResponse>,
    bytes: usize,
    /// The time at which it becomes stale.
    until: Instant,
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self {
            held: LruCache::new_unbounded(),
            bytes: 0,
        }
    }
}

impl AnswerCache {
    /// Returns the answer, if it is known and less than a minute old.
    pub(super) fn get(
        &mut self,
        search: &FormattedSearch,
        now: Instant,
    ) -> Option<Arc<SearchResponse>> {
        let held = self.held.get(search)?;
        (now < held.until).then(|| Arc::clone(&held.answer))
    }

    /// Stores an answer, and removes others if there is no room.
    pub(super) fn insert(
        &mut self,
        search: FormattedSearch,
        answer: Arc<SearchResponse>,
        now: Instant,
    ) {
        let packed = answer.asset.gzip.as_ref().map_or(0, Bytes::len);
        let held = CachedAnswer {
            bytes: search.query.len() + answer.asset.body.len() + packed,
            until: now + FRESH,
            answer,
        };
        self.bytes += held.bytes;
        if let Some(before) = self.held.insert(search, held) {
            self.bytes -= before.bytes;
        }
        while self.bytes > MAX_BYTES || self.held.len() > MAX_ANSWERS {
            let Some((_, last)) = self.held.remove_lru() else {
                break;
            };
            self.bytes -= last.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> FormattedSearch {
        FormattedSearch {
            query: query.to_owned(),
            format: FeedFormat::Atom,
        }
    }

    fn answer(body: Vec<u8>) -> Arc<SearchResponse> {
        Arc::new(SearchResponse {
            status: StatusCode::OK,
            asset: Asset::from_body(body, "text/plain"),
        })
    }

    fn body(answers: &mut AnswerCache, query: &str, now: Instant) -> Option<Vec<u8>> {
        let answer = answers.get(&search(query), now)?;
        Some(answer.asset.body.to_vec())
    }

    #[test]
    fn an_answer_is_given_for_a_minute() {
        let (mut answers, start) = (AnswerCache::default(), Instant::now());
        answers.insert(search("flood"), answer(b"one".to_vec()), start);
        let mut check = |seconds: f32, expected: Option<&str>| {
            let found = body(
                &mut answers,
                "flood",
                start + Duration::from_secs_f32(seconds),
            );
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{seconds}");
        };
        check(0.0, Some("one"));
        check(59.9, Some("one"));
        check(60.0, None);
        answers.insert(search("flood"), answer(b"two".to_vec()), start + FRESH);
        assert_eq!(
            body(&mut answers, "flood", start + FRESH),
            Some(b"two".to_vec())
        );
        assert_eq!(body(&mut answers, "floods", start), None);
        assert_eq!((answers.held.len(), answers.bytes), (1, "floodtwo".len()));
    }

    #[test]
    fn many_answers_take_no_more_room_than_a_thousand() {
        let (mut answers, now) = (AnswerCache::default(), Instant::now());
        for number in 0..2 * MAX_ANSWERS {
            answers.insert(
                search(&format!("q{number:04}")),
                answer(b"body".to_vec()),
                now,
            );
            assert!(answers.get(&search("q0000"), now).is_some(), "{number}");
        }
        assert_eq!(
            (answers.held.len(), answers.bytes),
            (MAX_ANSWERS, 9 * MAX_ANSWERS)
        );
        assert!(answers.get(&search("q0001"), now).is_none());
    }

    #[test]
    fn large_answers_take_the_place_of_others() {
        let (mut answers, now) = (AnswerCache::default(), Instant::now());
        for number in 0..40 {
            answers.insert(
                search(&format!("q{number}")),
                answer(vec![b'x'; 1 << 20]),
                now,
            );
            assert!(answers.bytes <= MAX_BYTES, "{}", answers.bytes);
        }
        assert!(
            (30..32).contains(&answers.held.len()),
            "{}",
            answers.held.len()
        );
        assert!(answers.get(&search("q39"), now).is_some());
        answers.insert(search("all"), answer(vec![b'x'; MAX_BYTES + 1]), now);
        assert_eq!((answers.held.len(), answers.bytes), (0, 0));
    }
}
