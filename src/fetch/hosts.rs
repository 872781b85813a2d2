//! Politeness: the number of concurrent requests to a host, and the pause between them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use url::Url;

use super::slow_share;

/// The hosts contacted so far: those of sources, and those that their entries link to.
#[derive(Debug)]
pub(super) struct HostTable {
    per_host: usize,
    delay: Duration,
    known: Mutex<HashMap<String, HostState>>,
}

#[derive(Debug)]
struct HostState {
    places: Arc<Semaphore>,
    slow_places: Arc<Semaphore>,
    delay: Duration,
    next_start: Instant,
}

impl HostState {
    /// Returns true if a request is running or waiting, or if the next one must still be delayed.
    fn is_needed(&self, now: Instant) -> bool {
        let is_asked = |places| Arc::strong_count(places) > 1;
        self.next_start > now || is_asked(&self.places) || is_asked(&self.slow_places)
    }
}

impl HostTable {
    pub(super) fn new(per_host: usize, delay: Duration) -> Self {
        Self {
            per_host,
            delay,
            known: Mutex::default(),
        }
    }

    /// Waits for a place at the host of `url`; dropping the permit frees it.
    pub(super) async fn acquire_place(&self, url: &Url) -> OwnedSemaphorePermit {
        let places = self.with_host(url, |host| Arc::clone(&host.places));
        acquire_permit(places).await
    }

    /// Waits for one of the places at the host of `url` reserved for polls that are likely to time out.
    pub(super) async fn acquire_slow_place(&self, url: &Url) -> OwnedSemaphorePermit {
        let places = self.with_host(url, |host| Arc::clone(&host.slow_places));
        acquire_permit(places).await
    }

    /// Waits until the next request to the host of `url` may begin.
    pub(super) async fn wait_for_turn(&self, url: &Url) {
        let start = self.with_host(url, |host| {
            let start = host.next_start.max(Instant::now());
            host.next_start = start + host.delay;
            start
        });
        tokio::time::sleep_until(start).await;
    }

    /// Lengthens the pause at the host of `url` from now on, including the pause after its last request.
    pub(super) fn lengthen_delay(&self, url: &Url, delay: Duration) {
        self.with_host(url, |host| {
            let longer = delay.saturating_sub(host.delay);
            host.delay += longer;
            host.next_start += longer;
        });
    }

    fn with_host<T>(&self, url: &Url, with: impl FnOnce(&mut HostState) -> T) -> T {
        let name = url.host_str().unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == known.capacity() {
            // Entries link to an unlimited number of hosts: before the map grows, idle hosts are removed.
            let now = Instant::now();
            known.retain(|_, host| host.is_needed(now));
            let needed = known.len();
            known.reserve(needed.max(1));
        }
        let new = || HostState {
            places: Arc::new(Semaphore::new(self.per_host)),
            slow_places: Arc::new(Semaphore::new(slow_share(self.per_host))),
            delay: self.delay,
            next_start: Instant::now(),
        };
        with(known.entry(name.to_owned()).or_insert_with(new))
    }
}

async fn acquire_permit(places: Arc<Semaphore>) -> OwnedSemaphorePermit {
    places
        .acquire_owned()
        .await
        .expect("the semaphore is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    }

    #[test]
    fn a_host_is_asked_one_after_another_and_others_meanwhile() {
        runtime().block_on(async {
            let hosts = HostTable::new(1, Duration::from_secs(1));
            let (one, other) = (
                "http://a.example/1".parse().unwrap(),
                "http://b.example/1".parse().unwrap(),
            );
            let began = Instant::now();
            let held = hosts.acquire_place(&one).await;
            hosts.wait_for_turn(&one).await;
            drop(hosts.acquire_place(&other).await);
            hosts.wait_for_turn(&other).await;
            assert_eq!(began.elapsed(), Duration::ZERO);
            assert!(
                tokio::time::timeout(Duration::from_mins(1), hosts.acquire_place(&one))
                    .await
                    .is_err(),
                "one at a time"
            );
            drop(held);
            drop(hosts.acquire_place(&one).await);
            hosts.wait_for_turn(&one).await;
            hosts.wait_for_turn(&one).await;
            assert_eq!(began.elapsed(), Duration::from_secs(61));
        });
    }

    #[test]
    fn a_host_may_want_more_time_and_never_gets_less() {
        runtime().block_on(async {
            let hosts = HostTable::new(1, Duration::from_secs(2));
            let url = "http://a.example/1".parse().unwrap();
            let began = Instant::now();
            for (delay, seconds) in [(0, 0), (5, 5), (1, 10)] {
                hosts.lengthen_delay(&url, Duration::from_secs(delay));
                hosts.wait_for_turn(&url).await;
                assert_eq!(began.elapsed(), Duration::from_secs(seconds));
            }
        });
    }

    #[test]
    fn only_hosts_that_need_patience_are_remembered() {
        runtime().block_on(async {
            let hosts = HostTable::new(1, Duration::from_secs(1));
            let address =
                |number: usize| -> Url { format!("http://{number}.example/").parse().unwrap() };
            let held = hosts.acquire_place(&address(0)).await;
            for number in 1..10_000 {
                hosts.wait_for_turn(&address(number)).await;
                tokio::time::advance(Duration::from_millis(100)).await;
            }
            let known = hosts.known.lock().unwrap();
            assert!(known.contains_key("0.example"), "somebody is there");
            assert!(known.contains_key("9999.example"), "it was just asked");
            assert!(known.len() < 100, "{}", known.len());
            drop(held);
        });
    }
}
