//! The network addresses that may be contacted: public ones, and private ones that the operator allowed.
//!
//! A source's address, or a redirect, must not become a way into the operator's own network. Names are checked when
//! they are resolved, so that the connection goes to the address that was checked.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// A network address that must not be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address}{carried} is not a public address", address = .0, carried = describe_carried(*.0))]
pub struct ForbiddenAddress(pub IpAddr);

/// Names the IPv4 address that an IPv6 address carries, for people.
fn describe_carried(address: IpAddr) -> String {
    let IpAddr::V6(v6) = address else {
        return String::new();
    };
    carried_ipv4(v6).map_or(String::new(), |v4| format!(" (which carries {v4})"))
}

/// IANA's special-purpose registries (RFC 6890 and its updates), excluding globally reachable networks.
static PRIVATE: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    let networks = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 \
        192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 \
        ::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8";
    networks
        .split_whitespace()
        .map(|net| net.parse().expect("a network of the list above"))
        .collect()
});

/// IPv6 networks that carry an IPv4 address, and the byte it begins at: the embedded address is the one reached. In
/// order: IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), IPv4-translated (RFC 2765 §2.1), NAT64 (RFC 6052 §2.1),
/// 6to4 (RFC 3056 §2). Teredo obfuscates the address that it carries (RFC 4380 §4): `2001::/23` above refuses all of
/// it.
static CARRIERS: LazyLock<[(IpNet, usize); 5]> = LazyLock::new(|| {
    [
        ("::/96", 12),
        ("::ffff:0:0/96", 12),
        ("::ffff:0:0:0/96", 12),
        ("64:ff9b::/96", 12),
        ("2002::/16", 2),
    ]
    .map(|(net, at)| (net.parse().expect("a network of the list above"), at))
});

/// Checks one address.
///
/// # Errors
/// [`ForbiddenAddress`] if it is private and not within `allowed`.
pub(super) fn check_address(address: IpAddr, allowed: &[IpNet]) -> Result<(), ForbiddenAddress> {
    let reached = match address {
        IpAddr::V6(v6) => carried_ipv4(v6).unwrap_or(address),
        IpAddr::V4(_) => address,
    };
    let named = allowed
        .iter()
        .any(|net| net.contains(&address) || net.contains(&reached));
    let is_private = |net: &IpNet| net.contains(&address) || net.contains(&reached);
    if !named && PRIVATE.iter().any(is_private) {
        return Err(ForbiddenAddress(address));
    }
    Ok(())
}

fn carried_ipv4(address: Ipv6Addr) -> Option<IpAddr> {
    // `::` and `::1` look like IPv4-compatible addresses.
    if address.is_unspecified() || address.is_loopback() {
        return None;
    }
    let (_, at) = CARRIERS
        .iter()
        .find(|(net, _)| net.contains(&IpAddr::V6(address)))?;
    let octets = address.octets();
    let v4: [u8; 4] = octets.get(*at..at + 4)?.try_into().ok()?;
    Some(IpAddr::from(v4))
}

/// Checks an address literal in a URL, which is never resolved.
///
/// # Errors
/// As [`check`].
pub(super) fn check_literal(url: &Url, allowed: &[IpNet]) -> Result<(), ForbiddenAddress> {
    match url.host() {
        Some(Host::Ipv4(address)) => check_address(address.into(), allowed),
        Some(Host::Ipv6(address)) => check_address(address.into(), allowed),
        Some(Host::Domain(_)) | None => Ok(()),
    }
}

/// The system's resolver, filtered to permitted addresses.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    pub(super) allowed: Arc<[IpNet]>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let refused = found
                .iter()
                .find_map(|at| check_address(at.ip(), &allowed).err());
            let kept: Vec<SocketAddr> = found
                .into_iter()
                .filter(|at| check_address(at.ip(), &allowed).is_ok())
                .collect();
            match refused {
                Some(refused) if kept.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(kept.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str, allowed: &str) -> bool {
        let allowed: Vec<IpNet> = allowed
            .split_whitespace()
            .map(|net| net.parse().unwrap())
            .collect();
        super::check_address(address.parse().unwrap(), &allowed).is_err()
    }

    #[test]
    fn only_public_addresses_pass() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::7f00:1",
            "::10.0.0.1",
            // Such addresses are no longer in use (RFC 4291 §2.5.5.1).
            "::808:808",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::192.168.0.1",
            // Teredo: 127.0.0.1, with every bit inverted.
            "2001:0:808:808::80ff:fffe",
            // Such a network may put the embedded address anywhere (RFC 8215).
            "64:ff9b:1::808:808",
            "2002:7f00:1::",
            "255.255.255.255",
            "2001:db8::1",
        ] {
            assert!(refused(private, ""), "{private}");
        }
        for public in [
            "93.184.216.34",
            "2606:2800:220:1::1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
        ] {
            assert!(!refused(public, ""), "{public}");
        }
    }

    #[test]
    fn named_networks_pass() {
        assert!(!refused("127.0.0.1", "127.0.0.0/8"));
        assert!(!refused("::ffff:127.0.0.1", "127.0.0.0/8"));
        assert!(!refused("::7f00:1", "127.0.0.0/8"));
        assert!(refused("10.0.0.1", "127.0.0.0/8"));
    }

    #[test]
    fn addresses_in_urls_are_checked_in_every_spelling() {
        for url in [
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://[::ffff:7f00:1]/",
            "http://[::7f00:1]/",
            "http://[::127.0.0.1]/",
        ] {
            let url: Url = url.parse().unwrap();
            assert!(check_literal(&url, &[]).is_err(), "{url}");
        }
    }

    #[test]
    fn a_refusal_tells_which_address_is_carried() {
        let told = |address: &str| {
            let address = address.parse().unwrap();
            super::check_address(address, &[]).unwrap_err().to_string()
        };
        assert_eq!(told("10.0.0.1"), "10.0.0.1 is not a public address");
        assert_eq!(
            told("::7f00:1"),
            "::7f00:1 (which carries 127.0.0.1) is not a public address"
        );
    }
}
