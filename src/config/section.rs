//! The sections that occur once: `[site]`, `[server]` and the like.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use ipnet::IpNet;
use url::Url;

use super::diagnostic::{Diagnostic, InvalidConfig, Mistake, Severity, parse_value};
use super::secret::{self, EnvironmentLookup, SecretError, TextOrSecret};
use super::table::{ConfigTable, ReadKey};
use super::{address, units};
use crate::model::{Language, ListenAddress, Reading, Site, TrustedProxy};

const DAY: Duration = Duration::from_hours(24);

/// `[site]`: the published site and its publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConfig {
    /// Title, address and language.
    pub site: Site,
    /// Its language, if the configuration states it.
    pub stated_language: Option<Language>,
    /// The contact for operators of polled sites; part of the User-Agent.
    pub contact: Option<String>,
    /// The zone of sources that name none.
    pub zone: Tz,
    /// Its former addresses: requests for them are redirected to the current one.
    pub former: Vec<Url>,
}

/// `[store]`: the location of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// The database's file, absolute.
    pub path: PathBuf,
    /// The reason why the secret that names it cannot be read here; then `path` is empty.
    pub unread: Option<Diagnostic>,
}

impl StoreConfig {
    /// Requires that the location of the store is known.
    ///
    /// # Errors
    /// [`InvalidConfig`] if it is a secret that cannot be read here.
    pub fn check_location(&self) -> Result<(), InvalidConfig> {
        match &self.unread {
            None => Ok(()),
            Some(unread) => Err(InvalidConfig(vec![unread.clone()])),
        }
    }
}

/// `[publish]`: the folder of the feeds, and the limits of their contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishConfig {
    /// The folder of the feeds, absolute.
    pub dir: PathBuf,
    /// Maximum number of stories in a live feed, 1 to 500.
    pub max_items: usize,
    /// Stories younger than this stay in the live feed beyond `max_items`.
    pub min_age: Duration,
    /// Stories older than this enter quietly in a first poll or after a changed query.
    pub fresh: Duration,
}

/// `[fetch]`: limits and manners of fetching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// The time limit of one complete answer.
    pub timeout: Duration,
    /// The maximum size of a body, decompressed.
    pub max_body_bytes: u64,
    /// Maximum number of concurrent requests, 1 to 1024.
    pub concurrency: usize,
    /// Maximum number of concurrent requests to one host.
    pub per_host: usize,
    /// The pause between two requests to one host.
    pub host_delay: Duration,
    /// Private networks that may be contacted.
    pub allow_networks: Vec<IpNet>,
    /// The sources for which robots.txt is obeyed.
    pub robots: RobotsPolicy,
}

/// The sources for which robots.txt (RFC 9309) is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RobotsPolicy {
    /// Everything that is read as a page. A feed that the operator names is meant to be polled.
    #[default]
    Pages,
    /// All sources, including feeds.
    Always,
    /// No sources.
    Never,
}

impl RobotsPolicy {
    const NAMES: [(&str, Self); 3] = [
        ("pages", Self::Pages),
        ("always", Self::Always),
        ("never", Self::Never),
    ];

    /// Returns true if robots.txt is obeyed for documents read in this way.
    pub fn covers(self, reading: &Reading) -> bool {
        match self {
            Self::Pages => !matches!(reading, Reading::Feed),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// `[server]`: the addresses that serve readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// The addresses to listen on, unless systemd passes sockets.
    pub listen: Vec<ListenAddress>,
    /// The proxies whose statement of a request's origin is trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
}

/// `[admin]`: the addresses that serve only administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminConfig {
    /// The addresses to listen on.
    pub listen: Vec<ListenAddress>,
    /// Further host names accepted in requests, such as that of a web server in front of it.
    pub hosts: Vec<String>,
}

/// `[daemon]`: options of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonConfig {
    /// True if a changed configuration file is reloaded automatically.
    pub watch: bool,
}

/// Reads `[server]`, if it is present.
pub(super) fn read_server(tops: &[ConfigTable]) -> ServerConfig {
    let table = find_section(tops, "server");
    let listen = read_listen(
        &table,
        ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 8080))),
    );
    let proxies = table.read_texts("trusted_proxies", parse_trusted_proxy);
    table.refuse_unknown_keys(&[]);
    let proxies = proxies.value.unwrap_or_default().into_iter();
    let listen = listen.value.unwrap_or_default().into_iter();
    ServerConfig {
        listen: listen.map(|(_, place)| place).collect(),
        trusted_proxies: proxies.map(|(_, proxy)| proxy).collect(),
    }
}

/// Reads `[admin]`, if it is present.
pub(super) fn read_admin(tops: &[ConfigTable]) -> AdminConfig {
    let table = find_section(tops, "admin");
    let listen = read_listen(
        &table,
        ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 8081))),
    );
    let listen = listen.map(|places| {
        let open = places.iter().filter_map(|(at, listen)| match listen {
            ListenAddress::Tcp(address) if !address.ip().to_canonical().is_loopback() => {
                Some((*at, address))
            }
            ListenAddress::Tcp(_) | ListenAddress::Unix(_) => None,
        });
        for (at, address) in open {
            table.report_warning(at, warn_of_public_admin(*address));
        }
        places.into_iter().map(|(_, place)| place).collect()
    });
    let hosts = table.read_texts("hosts", parse_host);
    table.refuse_unknown_keys(&[]);
    let hosts = hosts.value.unwrap_or_default().into_iter();
    AdminConfig {
        listen: listen.value.unwrap_or_default(),
        hosts: hosts.map(|(_, host)| host).collect(),
    }
}

fn warn_of_public_admin(address: SocketAddr) -> Mistake {
    let message = format!(
        "other machines reach the administrators' address {address}: they can reload, withdraw stories and release held items"
    );
    Mistake::new(message).hint(
        r#"listen on a Unix socket, `"unix:/run/tidings/admin.sock"`, or on `"127.0.0.1:8081"`"#,
    )
}

/// Parses a host name as in the `Host` header, without a port.
fn parse_host(text: &str) -> Result<String, Mistake> {
    let read = url::Host::parse(text).map(|host| host.to_string());
    read.ok().filter(|host| !host.is_empty()).ok_or_else(|| {
        Mistake::new(format!("`{text}` is no name of a host"))
            .hint(r#"write it without a port: `"status.example"`"#)
    })
}

/// Reads `[daemon]`, if it is present.
pub(super) fn read_daemon(tops: &[ConfigTable]) -> DaemonConfig {
    let table = find_section(tops, "daemon");
    let watch = table.read_flag("watch");
    table.refuse_unknown_keys(&[]);
    DaemonConfig {
        watch: watch.value.unwrap_or(false),
    }
}

/// Reads the addresses to listen on; an empty list listens nowhere.
fn read_listen(table: &ConfigTable, usual: ListenAddress) -> ReadKey<Vec<(usize, ListenAddress)>> {
    let places = table.read_texts("listen", |text| match text.strip_prefix("unix:") {
        Some(path) => Ok(ListenAddress::Unix(table.file.resolve_path(path))),
        None => text.parse().map(ListenAddress::Tcp).map_err(|_| {
            let message = format!("`{text}` is no address to listen on");
            Mistake::new(message)
                .hint(r#"write `"127.0.0.1:8080"`, `"[::]:8080"` or `"unix:/run/tidings.sock"`"#)
        }),
    });
    match places.at {
        Some(_) => places,
        None => ReadKey {
            at: None,
            value: Some(vec![(table.at, usual)]),
        },
    }
}

pub(super) fn read_site(tops: &[ConfigTable], server: &ServerConfig) -> SiteConfig {
    let table = find_section(tops, "site");
    let title = table.read_text("title", units::parse_line);
    let base_url = table.read_text("base_url", address::parse_base_url);
    let contact = table.read_text("contact", parse_contact);
    let language = table.read_text("language", parse_value);
    let zone = table.read_text("timezone", units::parse_zone);
    let former = table.read_texts("former", address::parse_base_url);
    table.refuse_unknown_keys(&[]);
    let known = "a constant that a test reads";
    let base_url = base_url
        .value
        .or_else(|| listen_base_url(server))
        .unwrap_or("http://127.0.0.1:8080/".parse().expect(known));
    let former = check_former_addresses(&table, former, &base_url);
    SiteConfig {
        former,
        site: Site {
            title: title.value.unwrap_or("Bulletins".into()),
            base_url,
            language: language.value.clone().unwrap_or("en".parse().expect(known)),
        },
        stated_language: language.value,
        contact: contact.value,
        zone: zone.value.unwrap_or(Tz::UTC),
    }
}

fn check_former_addresses(
    table: &ConfigTable,
    given: ReadKey<Vec<(usize, Url)>>,
    now: &Url,
) -> Vec<Url> {
    let mut former: Vec<Url> = Vec::new();
    for (at, was) in given.value.unwrap_or_default() {
        let why = if was == *now {
            "this is the address that the site has now"
        } else if former.contains(&was) {
            "this address stands here twice"
        } else {
            former.push(was);
            continue;
        };
        let hint = "`former` lists addresses that are no longer used, each once";
        table.report_mistake(at, Mistake::new(why).hint(hint));
    }
    former
}

pub(super) fn read_store(tops: &[ConfigTable], environment: EnvironmentLookup) -> StoreConfig {
    let table = find_section(tops, "store");
    let url = secret::read_text_or_secret(&table, "url", environment);
    let at = url.at.unwrap_or(table.at);
    let mut unread = None;
    let path = url.convert(&table, |url| {
        let text = match url {
            TextOrSecret::Openly(text) => text,
            TextOrSecret::Secretly(secret) => match secret::read_secret(&secret) {
                Ok(text) => text,
                Err(SecretError::Wrong(message)) => return Err(Mistake::new(message)),
                // The store that keeps the configuration is the one that it names.
                Err(SecretError::NotKept(_)) => return Ok(PathBuf::new()),
                Err(SecretError::Unreadable(message)) => {
                    unread = Some(Diagnostic {
                        severity: Severity::Mistake,
                        place: table.file.place_of_byte(at),
                        message,
                        hint: None,
                    });
                    return Ok(PathBuf::new());
                }
            },
        };
        address::parse_store_path(&text, &table.file.resolve_path(""))
    });
    table.refuse_unknown_keys(&[]);
    StoreConfig {
        path: path
            .value
            .unwrap_or(tops[0].file.resolve_path("../var/tidings.db")),
        unread,
    }
}

pub(super) fn read_publish(tops: &[ConfigTable]) -> PublishConfig {
    let table = find_section(tops, "publish");
    let dir = table.read_text("dir", |path| {
        Ok(table.file.resolve_path(units::parse_line(path)?))
    });
    let max_items = table.read_number("max_items", 1..=500);
    let min_age = table.read_duration("min_age", units::parse_duration);
    let fresh = table.read_duration("fresh", units::parse_duration);
    table.refuse_unknown_keys(&[]);
    PublishConfig {
        dir: dir.value.unwrap_or(tops[0].file.resolve_path("../feeds")),
        max_items: max_items.value.unwrap_or(100),
        min_age: min_age.value.unwrap_or(14 * DAY),
        fresh: fresh.value.unwrap_or(7 * DAY),
    }
}

pub(super) fn read_fetch(tops: &[ConfigTable]) -> FetchConfig {
    let table = find_section(tops, "fetch");
    let timeout = table.read_duration("timeout", units::parse_interval);
    let max_body = table.read_size("max_body");
    let concurrency = table.read_number("concurrency", 1..=1024);
    let per_host = table.read_number("per_host", 1..=1024);
    let host_delay = table.read_duration("host_delay", units::parse_duration);
    let networks = table.read_texts("allow_networks", parse_network);
    let robots = table.read_text("robots", parse_robots_policy);
    table.refuse_unknown_keys(&[]);
    let networks = networks.value.unwrap_or_default().into_iter();
    FetchConfig {
        timeout: timeout.value.unwrap_or(Duration::from_secs(30)),
        max_body_bytes: max_body.value.unwrap_or(10 << 20),
        concurrency: concurrency.value.unwrap_or(64),
        per_host: per_host.value.unwrap_or(2),
        host_delay: host_delay.value.unwrap_or(Duration::from_secs(1)),
        allow_networks: networks.map(|(_, network)| network).collect(),
        robots: robots.value.unwrap_or_default(),
    }
}

/// Returns the address at which readers on this machine find the server.
fn listen_base_url(server: &ServerConfig) -> Option<Url> {
    let tcp = server.listen.iter().find_map(|listen| match listen {
        ListenAddress::Tcp(address) => Some(*address),
        ListenAddress::Unix(_) => None,
    })?;
    let host = if tcp.ip().is_unspecified() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        tcp.ip()
    };
    format!("http://{}/", SocketAddr::new(host, tcp.port()))
        .parse()
        .ok()
}

/// Parses a line that is valid in a header.
fn parse_contact(text: &str) -> Result<String, Mistake> {
    let contact = units::parse_line(text)?;
    if contact.is_ascii() {
        Ok(contact)
    } else {
        Err(Mistake::new("this is sent in a header: only ASCII will do")
            .hint("write an address of mail or web"))
    }
}

fn parse_robots_policy(text: &str) -> Result<RobotsPolicy, Mistake> {
    let known = RobotsPolicy::NAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, policy)| *policy).ok_or_else(|| {
        Mistake::new(format!("`{text}` is no way to treat robots.txt"))
            .hint(r#"write `"pages"`, `"always"` or `"never"`"#)
    })
}

fn parse_network(text: &str) -> Result<IpNet, Mistake> {
    text.parse().map_err(|_| {
        Mistake::new(format!("`{text}` is no network")).hint(r#"write `"127.0.0.0/8"`"#)
    })
}

fn parse_trusted_proxy(text: &str) -> Result<TrustedProxy, Mistake> {
    if text == "unix" {
        return Ok(TrustedProxy::UnixSocket);
    }
    let hint = r#"write the proxy's address or network, `"127.0.0.1"` or `"10.0.0.0/8"`, or `"unix"` for Unix sockets"#;
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_| alone());
    let network = network
        .map_err(|_| Mistake::new(format!("`{text}` is no address of a proxy")).hint(hint))?;
    if network.prefix_len() == 0 {
        let message = format!("`{text}` is everybody: readers could name themselves as they like");
        return Err(Mistake::new(message).hint(hint));
    }
    Ok(TrustedProxy::Network(network))
}

/// Returns the section `key`, which may be in any one file; an empty one if it is in none.
fn find_section<'a>(tops: &[ConfigTable<'a>], key: &'static str) -> ConfigTable<'a> {
    let mut first: Option<ConfigTable<'a>> = None;
    for table in tops.iter().filter_map(|top| top.read_table(key).value) {
        match &first {
            None => first = Some(table),
            Some(first) => {
                let message = format!("`[{key}]` stands already at {}", first.place());
                table.report_mistake(table.at, Mistake::new(message));
            }
        }
    }
    first.unwrap_or_else(|| tops[0].empty_table())
}
