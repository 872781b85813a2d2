//! The places of one listener's connections: few per client, so that no client can take those of others.
//!
//! In: new connections, requests and answers. Out: a place, or none; and the connection that has to leave for
//! another. No IO and no clock: idle connections are kept in the order in which they became idle.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::client::Client;

/// Connections at once on one listener.
pub(super) const MAX_CONNECTIONS: usize = 1024;
/// Of these, connections of one client.
pub(super) const MAX_OF_CLIENT: usize = 128;

/// All places of a listener.
#[derive(Default)]
pub(super) struct ConnectionPlaces {
    state: Mutex<PlacesState>,
    /// Notified when a place becomes free, or a connection idle.
    changed: Notify,
}

#[derive(Default)]
struct PlacesState {
    next: u64,
    taken: HashMap<u64, TakenPlace>,
    /// Connections that wait for a request, the longest wait first.
    idle: BTreeMap<u64, u64>,
    of_client: HashMap<Client, usize>,
}

struct TakenPlace {
    /// `None` for a peer that represents many clients.
    client: Option<Client>,
    /// Its key in [`State::idle`].
    idle_since: Option<u64>,
    leave: oneshot::Sender<()>,
}

/// The place of one connection, freed when dropped.
pub(super) struct ConnectionPlace {
    places: Arc<ConnectionPlaces>,
    number: u64,
    phase: AtomicU8,
}

/// The connection waits for a request.
const IDLE: u8 = 0;
/// A request is being answered.
const ASKED: u8 = 1;
/// Its answer is being sent.
const SENDING: u8 = 2;

impl ConnectionPlaces {
    /// Waits for a place: a free one, or that of an idle connection.
    pub(super) async fn wait_for_room(&self) {
        loop {
            {
                let state = self.lock_state();
                if state.taken.len() < MAX_CONNECTIONS || !state.idle.is_empty() {
                    return;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Takes a place for a connection of `client`, or of a peer that represents many. If the client or the
    /// listener has no more places, the connection that has been idle longest gets a message to leave.
    /// `None` if none is idle.
    pub(super) fn take_place(
        self: &Arc<Self>,
        client: Option<Client>,
    ) -> Option<(ConnectionPlace, oneshot::Receiver<()>)> {
        let mut state = self.lock_state();
        let held = client.and_then(|client| state.of_client.get(&client).copied());
        if held.is_some_and(|held| held >= MAX_OF_CLIENT) {
            state.dismiss_idlest(|taken| taken.client == client)?;
        }
        if state.taken.len() >= MAX_CONNECTIONS {
            state.dismiss_idlest(|_| true)?;
        }
        let (leave, left) = oneshot::channel();
        let number = state.next_number();
        state.taken.insert(
            number,
            TakenPlace {
                client,
                idle_since: None,
                leave,
            },
        );
        state.set_idle(number);
        if let Some(client) = client {
            *state.of_client.entry(client).or_default() += 1;
        }
        let place = ConnectionPlace {
            places: Arc::clone(self),
            number,
            phase: AtomicU8::new(IDLE),
        };
        Some((place, left))
    }

    /// Makes the connection leave that has been idle longest.
    pub(super) fn dismiss_idlest(&self) {
        self.lock_state().dismiss_idlest(|_| true);
    }

    /// Waits until every connection has ended.
    pub(super) async fn wait_until_empty(&self) {
        while !self.lock_state().taken.is_empty() {
            self.changed.notified().await;
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, PlacesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlacesState {
    fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn set_idle(&mut self, number: u64) {
        let since = self.next_number();
        if let Some(taken) = self.taken.get_mut(&number) {
            taken.idle_since = Some(since);
            self.idle.insert(since, number);
        }
    }

    fn set_busy(&mut self, number: u64) {
        let taken = self.taken.get_mut(&number);
        if let Some(since) = taken.and_then(|taken| taken.idle_since.take()) {
            self.idle.remove(&since);
        }
    }

    /// Frees the place of the connection in `which` that has been idle longest.
    fn dismiss_idlest(&mut self, which: impl Fn(&TakenPlace) -> bool) -> Option<()> {
        let mut idle = self.idle.values();
        let number = idle.find(|number| self.taken.get(number).is_some_and(&which));
        let taken = self.free_place(*number?)?;
        // A connection that has just ended needs no message.
        taken.leave.send(()).ok();
        Some(())
    }

    fn free_place(&mut self, number: u64) -> Option<TakenPlace> {
        let taken = self.taken.remove(&number)?;
        if let Some(since) = taken.idle_since {
            self.idle.remove(&since);
        }
        if let Some(client) = taken.client
            && let Some(held) = self.of_client.get_mut(&client)
        {
            *held -= 1;
            if *held == 0 {
                self.of_client.remove(&client);
            }
        }
        Some(taken)
    }
}

impl ConnectionPlace {
    /// Records a request: the connection keeps its place until it is answered.
    pub(super) fn note_request(&self) {
        self.phase.store(ASKED, Ordering::Relaxed);
        self.places.lock_state().set_busy(self.number);
    }

    /// Records that the answer is ready, and still has to be sent.
    pub(super) fn note_answer(&self) {
        self.phase.store(SENDING, Ordering::Relaxed);
    }

    /// Records that everything has been sent.
    pub(super) fn note_flushed(&self) {
        let sent = self
            .phase
            .compare_exchange(SENDING, IDLE, Ordering::Relaxed, Ordering::Relaxed);
        if sent.is_ok() {
            self.places.lock_state().set_idle(self.number);
            self.places.changed.notify_one();
        }
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        drop(self.places.lock_state().free_place(self.number));
        self.places.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures_util::FutureExt as _;

    use super::super::client::Peer;
    use super::*;

    type Held = (ConnectionPlace, oneshot::Receiver<()>);

    fn client(number: usize) -> Client {
        let number = u32::try_from(number).unwrap();
        Peer::from(IpAddr::V4(Ipv4Addr::from_bits(number))).into()
    }

    fn has_left((_, left): &mut Held) -> bool {
        left.try_recv().is_ok()
    }

    fn send(place: &ConnectionPlace) {
        place.note_request();
        place.note_answer();
        place.note_flushed();
    }

    #[test]
    fn a_client_takes_its_own_places_only() {
        let places = Arc::new(ConnectionPlaces::default());
        let mut held: Vec<Held> = (0..MAX_OF_CLIENT)
            .map(|_| places.take_place(Some(client(1))).unwrap())
            .collect();
        let mut other = places.take_place(Some(client(2))).unwrap();
        // The first has had a request since, so the second has been idle longest.
        send(&held[0].0);
        let next = places.take_place(Some(client(1))).unwrap();
        let left: Vec<usize> = (0..held.len())
            .filter(|number| has_left(&mut held[*number]))
            .collect();
        assert_eq!((left, has_left(&mut other)), (vec![1], false));
        drop(next);
        assert_eq!(places.lock_state().of_client[&client(1)], 127);
    }

    #[test]
    fn a_client_whose_connections_are_all_busy_gets_no_more() {
        let places = Arc::new(ConnectionPlaces::default());
        let held: Vec<Held> = (0..MAX_OF_CLIENT)
            .map(|_| places.take_place(Some(client(1))).unwrap())
            .collect();
        for (place, _) in &held {
            place.note_request();
            place.note_flushed();
        }
        assert!(places.take_place(Some(client(1))).is_none());
        held[7].0.note_answer();
        assert!(places.take_place(Some(client(1))).is_none());
        held[7].0.note_flushed();
        assert!(places.take_place(Some(client(1))).is_some());
        assert!(places.take_place(Some(client(2))).is_some());
    }

    #[test]
    fn a_proxy_has_no_other_bound_than_all_places() {
        let places = Arc::new(ConnectionPlaces::default());
        let mut held: Vec<Held> = (0..MAX_CONNECTIONS)
            .map(|_| places.take_place(None).unwrap())
            .collect();
        assert!(places.take_place(Some(client(1))).is_some());
        assert!(has_left(&mut held[0]));
        assert!(!has_left(&mut held[1]));
        assert!(places.lock_state().of_client.is_empty());
    }

    #[test]
    fn without_an_idle_connection_there_is_room_when_one_ends_or_has_answered() {
        let places = Arc::new(ConnectionPlaces::default());
        let mut held: Vec<Held> = (0..MAX_CONNECTIONS)
            .map(|number| places.take_place(Some(client(number))).unwrap())
            .collect();
        for (place, _) in &held {
            place.note_request();
        }
        let is_there = || places.wait_for_room().now_or_never().is_some();
        assert!(!is_there());
        drop(held.pop());
        assert!(is_there());
        held.push(places.take_place(Some(client(9999))).unwrap());
        held[MAX_CONNECTIONS - 1].0.note_request();
        assert!(!is_there());
        held[5].0.note_answer();
        held[5].0.note_flushed();
        assert!(is_there());
        places.dismiss_idlest();
        assert!(has_left(&mut held[5]));
        assert!(places.wait_until_empty().now_or_never().is_none());
        held.clear();
        assert!(places.wait_until_empty().now_or_never().is_some());
        let state = places.lock_state();
        assert!(state.of_client.is_empty() && state.idle.is_empty());
    }
}
