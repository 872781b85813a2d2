//! The rate of each client's requests for work: a bucket of tokens, to which one is added every second.
//!
//! In: a client and the time. Out: permission, or the time to wait. A bucket is kept as the time at which it is
//! full again (the generic cell rate algorithm of ATM), so that it costs one row and no timer. The number of
//! clients is limited: the least recent one is forgotten, which gives it a full bucket.

use std::time::Duration;

use hashlink::LruCache;
use tokio::time::Instant;

use super::client::Client;

/// Tokens in a full bucket.
const BURST: u32 = 30;
/// The time in which one token is added.
const PERIOD: Duration = Duration::from_secs(1);
/// Clients that are remembered.
const MAX_CLIENTS: usize = 10_000;

/// The buckets of all clients.
pub(super) struct RateLimiter {
    full_at: LruCache<Client, Instant>,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self {
            full_at: LruCache::new(MAX_CLIENTS),
        }
    }
}

impl RateLimiter {
    /// Takes a token from the client's bucket.
    ///
    /// # Errors
    /// The time until there is a token, if the bucket is empty.
    pub(super) fn take_token(&mut self, client: Client, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.get(&client).copied();
        let full_at = full_at.map_or(now, |at| at.max(now)) + PERIOD;
        match full_at.checked_duration_since(now + BURST * PERIOD) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.full_at.insert(client, full_at);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::super::client::Peer;
    use super::*;

    fn client(number: u32) -> Client {
        Peer::from(IpAddr::V4(Ipv4Addr::from_bits(number))).into()
    }

    #[test]
    fn a_bucket_is_emptied_at_once_and_filled_slowly() {
        let (mut rates, start) = (RateLimiter::default(), Instant::now());
        let mut check = |millis: u64, expected: Result<(), u64>| {
            let now = start + Duration::from_millis(millis);
            let expected = expected.map_err(Duration::from_millis);
            assert_eq!(
                rates.take_token(client(1), now),
                expected,
                "after {millis} ms"
            );
        };
        for _ in 0..30 {
            check(0, Ok(()));
        }
        check(0, Err(1000));
        check(400, Err(600));
        check(1000, Ok(()));
        check(1000, Err(1000));
        check(3500, Ok(()));
        check(3500, Ok(()));
        check(3500, Err(500));
        for _ in 0..30 {
            check(100_000, Ok(()));
        }
        check(100_000, Err(1000));
    }

    #[test]
    fn clients_have_a_bucket_each() {
        let (mut rates, now) = (RateLimiter::default(), Instant::now());
        while rates.take_token(client(1), now).is_ok() {}
        assert_eq!(rates.take_token(client(2), now), Ok(()));
    }

    #[test]
    fn no_crowd_takes_more_memory_or_hides_who_is_greedy() {
        let (mut rates, now) = (RateLimiter::default(), Instant::now());
        let greedy = client(u32::MAX);
        while rates.take_token(greedy, now).is_ok() {}
        for number in 0..2 * MAX_CLIENTS {
            let number = u32::try_from(number).unwrap();
            assert_eq!(rates.take_token(client(number), now), Ok(()));
            assert!(rates.take_token(greedy, now).is_err());
        }
        assert_eq!(rates.full_at.len(), MAX_CLIENTS);
    }
}
