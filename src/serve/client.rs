//! The client of a request: the peer of its connection, or the address that a trusted proxy forwards for.
//!
//! In: the peer, a request's headers, the trusted proxies. Out: the [`Client`]. Only `X-Forwarded-For` is read:
//! a proxy that sets one header passes on the reader's own text in the other, so no more than one can be
//! trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{PoisonError, RwLock};

use axum::http::HeaderMap;

use crate::model::TrustedProxy;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// The IPv6 network of one customer, who may use any address in it.
const CUSTOMER_PREFIX: u32 = 64;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Peer {
    /// An address; IPv4 is never mapped to IPv6.
    Address(IpAddr),
    /// A program on this machine, by a socket in the file system.
    UnixSocket,
}

/// Both ends of a connection, as far as they are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionEnds {
    pub(super) peer: Peer,
    /// The address that the peer connected to; `None` for a socket in the file system.
    pub(super) local: Option<SocketAddr>,
    /// The user that the peer runs as; known only for a socket in the file system.
    pub(super) uid: Option<u32>,
}

/// A client: an IPv4 address, a customer's IPv6 network, or all peers of Unix sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client(Peer);

/// The trusted proxies, which a reload may change.
#[derive(Debug, Default)]
pub struct TrustedProxies(RwLock<Vec<TrustedProxy>>);

impl TrustedProxies {
    /// Creates the list of trusted proxies.
    pub fn new(trusted: Vec<TrustedProxy>) -> Self {
        Self(RwLock::new(trusted))
    }

    /// Replaces the list of trusted proxies.
    pub fn set_trusted(&self, trusted: Vec<TrustedProxy>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = trusted;
    }

    /// Returns the client of a request.
    pub(super) fn client_of(&self, peer: Peer, headers: &HeaderMap) -> Client {
        let trusted = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Client::from_request(peer, headers, &trusted)
    }

    /// Returns the client whose connections are counted: `None` for a trusted proxy, and for a socket in the
    /// file system, whose peers cannot be distinguished.
    pub(super) fn limited_client(&self, peer: Peer) -> Option<Client> {
        let trusted = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let speaks_for_many = peer == Peer::UnixSocket || is_trusted(peer, &trusted);
        (!speaks_for_many).then(|| peer.into())
    }
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }
}

impl From<Peer> for Client {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Address(IpAddr::V6(address)) => {
                let network = address.to_bits() & (u128::MAX << (128 - CUSTOMER_PREFIX));
                Self(Peer::Address(Ipv6Addr::from_bits(network).into()))
            }
            other => Self(other),
        }
    }
}

impl Client {
    /// Returns the client of a request with these headers: the nearest address that is not a trusted proxy, or
    /// the furthest proxy.
    ///
    /// If a trusted proxy forwards something that is not an address, the proxy itself is the client.
    pub(super) fn from_request(peer: Peer, headers: &HeaderMap, trusted: &[TrustedProxy]) -> Self {
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        // Each proxy appends the address that it got the request from.
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut sender = peer;
        for hop in hops {
            if !is_trusted(sender, trusted) {
                break;
            }
            match parse_hop_address(hop) {
                Some(address) => sender = address.into(),
                None => return peer.into(),
            }
        }
        sender.into()
    }
}

fn is_trusted(peer: Peer, trusted: &[TrustedProxy]) -> bool {
    trusted.iter().any(|proxy| match (proxy, peer) {
        (TrustedProxy::Network(network), Peer::Address(address)) => network.contains(&address),
        (TrustedProxy::UnixSocket, Peer::UnixSocket) => true,
        _ => false,
    })
}

/// Parses an address in a proxy's header, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]:80`.
fn parse_hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let with_port = || text.parse::<SocketAddr>().map(|socket| socket.ip());
    bare.unwrap_or(text).parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const PROXIES: [&str; 3] = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"];

    fn trusted() -> Vec<TrustedProxy> {
        let networks = PROXIES.map(|network| TrustedProxy::Network(network.parse().unwrap()));
        networks
            .into_iter()
            .chain([TrustedProxy::UnixSocket])
            .collect()
    }

    fn peer(text: &str) -> Peer {
        text.parse::<IpAddr>().map_or(Peer::UnixSocket, Peer::from)
    }

    fn forwarded(lines: &[&[u8]]) -> HeaderMap {
        let value = |line: &&[u8]| {
            (
                X_FORWARDED_FOR.parse().unwrap(),
                HeaderValue::from_bytes(line).unwrap(),
            )
        };
        lines.iter().map(value).collect()
    }

    #[test]
    fn the_client_is_the_nearest_that_is_no_trusted_proxy() {
        let check = |from: &str, lines: &[&str], expected: &str| {
            let bytes: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let client = Client::from_request(peer(from), &forwarded(&bytes), &trusted());
            assert_eq!(client, peer(expected).into(), "{from}, {lines:?}");
        };
        check("192.0.2.1", &[], "192.0.2.1");
        check("127.0.0.1", &[], "127.0.0.1");
        check("unix", &[], "unix");
        // A peer that is not a trusted proxy may write anything.
        check("192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check("127.0.0.2", &["198.51.100.7"], "127.0.0.2");
        check("127.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("::ffff:127.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("unix", &["198.51.100.7"], "198.51.100.7");
        check("127.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7");
        check("127.0.0.1", &["nonsense, 198.51.100.7"], "198.51.100.7");
        check("127.0.0.1", &["198.51.100.7, 10.1.2.3"], "198.51.100.7");
        check(
            "127.0.0.1",
            &["203.0.113.9", "198.51.100.7,10.1.2.3"],
            "198.51.100.7",
        );
        check(
            "127.0.0.1",
            &["203.0.113.9,198.51.100.7", "10.1.2.3"],
            "198.51.100.7",
        );
        check("127.0.0.1", &["10.1.2.4, 10.1.2.3"], "10.1.2.4");
        // With a port, in brackets, in either version of the protocol.
        check("127.0.0.1", &["198.51.100.7:4711"], "198.51.100.7");
        check("127.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7");
        check("127.0.0.1", &["2001:db8::1"], "2001:db8::1");
        check("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1");
        check(
            "127.0.0.1",
            &["[2001:db8::1]:4711 , fd00::1"],
            "2001:db8::1",
        );
        // A text that is not an address is ignored.
        for wrong in [
            "",
            "unknown",
            "198.51.100.7,",
            "198.51.100",
            "[::1",
            "for=198.51.100.7",
            "198.51.100.7 x",
        ] {
            check("127.0.0.1", &[wrong], "127.0.0.1");
        }
        check(
            "127.0.0.1",
            &["198.51.100.7, unknown, 10.1.2.3"],
            "127.0.0.1",
        );
    }

    #[test]
    fn nobody_is_trusted_who_is_not_named() {
        let headers = forwarded(&[b"198.51.100.7"]);
        for from in ["127.0.0.1", "unix"] {
            assert_eq!(
                Client::from_request(peer(from), &headers, &[]),
                peer(from).into()
            );
        }
    }

    #[test]
    fn connections_are_counted_unless_they_are_of_many_clients() {
        let proxies = TrustedProxies::new(trusted());
        let limited = |from: &str| proxies.limited_client(peer(from));
        assert_eq!(limited("192.0.2.1"), Some(peer("192.0.2.1").into()));
        assert_eq!(limited("2001:db8:1:2::3"), limited("2001:db8:1:2::4"));
        for proxy in ["127.0.0.1", "10.9.8.7", "fd00::1", "unix"] {
            assert_eq!(limited(proxy), None, "{proxy}");
        }
        proxies.set_trusted(Vec::new());
        assert_eq!(proxies.limited_client(peer("unix")), None);
        assert!(proxies.limited_client(peer("127.0.0.1")).is_some());
    }

    #[test]
    fn the_addresses_of_one_customer_are_one_client() {
        let client = |address: &str| Client::from(peer(address));
        assert_eq!(client("2001:db8:1:2::3"), client("2001:db8:1:2:ffff::"));
        assert_ne!(client("2001:db8:1:2::3"), client("2001:db8:1:3::3"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_eq!(client("192.0.2.1"), client("::ffff:192.0.2.1"));
    }

    proptest! {
        #[test]
        fn no_header_of_a_stranger_matters(lines in prop::collection::vec("[ -~]{0,40}", 0..4)) {
            let bytes: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            let stranger = peer("192.0.2.1");
            prop_assert_eq!(Client::from_request(stranger, &forwarded(&bytes), &trusted()), stranger.into());
        }

        #[test]
        fn no_header_panics(line in prop::collection::vec(prop_oneof![b' '..=b'~', 0x80u8..], 0..60)) {
            Client::from_request(peer("127.0.0.1"), &forwarded(&[&line]), &trusted());
        }
    }
}
