//! The addresses of sources, and how to display them without their secrets.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::ConfigPosition;

/// Query parameters whose values are never shown.
const SECRET_PARAMETERS: [&str; 16] = [
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "client_secret",
    "code",
    "key",
    "pass",
    "passwd",
    "password",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-signature",
];

/// The shortest value treated as a key. A shorter one may be an ordinary word.
const SHORTEST_KEY: usize = 6;

/// An address that may carry credentials; `Display` and `Debug` hide them.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    hidden: bool,
}

impl PublicUrl {
    /// Wraps an address. User, password and parameters that look like keys are hidden when it is displayed.
    pub fn new(url: Url) -> Self {
        Self { url, hidden: false }
    }

    /// Wraps an address that is secret as a whole: only its origin is ever shown.
    pub fn new_secret(url: Url) -> Self {
        Self { url, hidden: true }
    }

    /// Returns another address that is as secret as this one, such as a redirect target or the next page. The user and
    /// password are not carried over; `url` must bring its own.
    #[must_use]
    pub fn with_url(&self, url: Url) -> Self {
        Self {
            url,
            hidden: self.hidden,
        }
    }

    /// Returns the full address, secrets included, for the request.
    pub fn expose(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden {
            return write!(f, "{}/…", self.url.origin().ascii_serialization());
        }
        f.write_str(&hide_secrets(&self.url))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns `url` as text, without user, password, and the values of parameters that look like keys.
pub fn hide_secrets(url: &Url) -> String {
    let mut shown = without_credentials(url);
    if url
        .query_pairs()
        .any(|(name, _)| is_secret_parameter(&name))
    {
        let mut pairs = shown.query_pairs_mut();
        pairs.clear();
        for (name, value) in url.query_pairs() {
            pairs.append_pair(
                &name,
                if is_secret_parameter(&name) {
                    "hidden"
                } else {
                    &value
                },
            );
        }
    }
    shown.into()
}

/// Returns `url` without the user and password used to log in.
pub fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    // This fails only for addresses that have neither (`mailto:`, `file:`).
    debug_assert!(cleared.is_ok() || url.username().is_empty() && url.password().is_none());
    url
}

/// The location of a source's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `http://` or `https://`
    Http(PublicUrl),
    /// A regular file, by its absolute path.
    File(PathBuf),
    /// The standard output of a program that the operator configured.
    Command(CommandLine),
    /// An address kept in a secret. Only fetching reads it.
    Secret(SecretAddress),
}

/// An address kept outside the configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretAddress {
    /// The secret that contains the address.
    pub secret: Secret,
    /// The folder that a relative path in `secret` is resolved against.
    pub folder: PathBuf,
    /// The place in the configuration that refers to it.
    pub place: ConfigPosition,
}

/// A reference to a secret; `Display` and `Debug` show the reference only.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// In an environment variable, as it was when the configuration was read.
    Variable {
        /// The variable's name.
        name: String,
        /// The variable's value.
        value: Option<String>,
    },
    /// Among the credentials that systemd passes to a unit.
    Credential {
        /// The credential's name.
        name: String,
        /// The folder of the credentials, if systemd provides one.
        folder: Option<PathBuf>,
    },
    /// Not available: the value was part of a configuration that is kept without its secrets.
    NotKept {
        /// The part that may be shown.
        shown: String,
        /// The file that contained it.
        file: PathBuf,
    },
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => {
                write!(f, "{{ file = {:?} }}", path.to_string_lossy())
            }
            Self::Variable { name, .. } => write!(f, "{{ env = {name:?} }}"),
            Self::Credential { name, .. } => write!(f, "{{ credential = {name:?} }}"),
            Self::NotKept { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SecretAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.secret, f)
    }
}

/// A program and its arguments, run directly: no shell reads the line and nothing in it is expanded. Arguments may
/// carry credentials; `Display` and `Debug` hide them.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// An absolute path, or a name to look up in `PATH`.
    pub program: PathBuf,
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// The folder to run it in; relative paths among its arguments start here.
    pub folder: PathBuf,
    /// The program's time limit; `None` applies the usual limit of a request.
    pub timeout: Option<Duration>,
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.arguments.is_empty() {
            ""
        } else {
            " …"
        };
        write!(f, "`{}{more}`", self.program.display())
    }
}

impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Location {
    /// Returns an address that a document from here refers to, as secret as this one.
    pub fn linked_url(&self, url: Url) -> PublicUrl {
        match self {
            Self::Http(own) => own.with_url(url),
            Self::File(_) | Self::Command(_) | Self::Secret(_) => PublicUrl::new(url),
        }
    }

    /// Returns a base for the relative addresses of a document at `base` that leaks no secret into them: the host alone
    /// if the whole address is secret, or the address without its parameters if one of them is a key.
    pub fn public_base(&self, base: &Url) -> Url {
        let mut base = base.clone();
        let Self::Http(own) = self else { return base };
        if own.hidden && own.url.origin() == base.origin() {
            base.set_path("/");
            base.set_query(None);
        } else if base
            .query_pairs()
            .any(|(name, _)| is_secret_parameter(&name))
        {
            base.set_query(None);
        }
        base
    }
}

impl Location {
    /// Returns true if a parameter of the address is a key.
    pub fn has_key_parameter(&self) -> bool {
        !self.key_parameters().is_empty()
    }

    /// Returns the parameters of the address that are keys, as written.
    fn key_parameters(&self) -> Vec<(&str, &str)> {
        let Self::Http(own) = self else {
            return Vec::new();
        };
        let pairs = own.url.query().unwrap_or_default().split('&');
        let keys = pairs.filter_map(|pair| pair.split_once('='));
        keys.filter(|(name, value)| value.len() >= SHORTEST_KEY && is_secret_parameter(name))
            .collect()
    }

    /// Returns `text` from one of the location's documents without the key that its links repeat.
    pub fn without_key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for (name, value) in self.key_parameters() {
            if !text.contains(value) {
                continue;
            }
            let pair = format!("{name}={value}");
            let mut hidden = text.into_owned();
            for (written, instead) in [
                (format!("&amp;{pair}"), ""),
                (format!("&{pair}"), ""),
                (format!("?{pair}&amp;"), "?"),
                (format!("?{pair}&"), "?"),
                (format!("?{pair}"), ""),
                // The value may appear under another name, or escaped differently.
                (value.to_owned(), "hidden"),
            ] {
                hidden = hidden.replace(&written, instead);
            }
            text = hidden.into();
        }
        text
    }

    /// Removes the key as [`Self::without_key`] does, from a whole document in any encoding that contains ASCII
    /// unchanged.
    pub fn without_key_bytes(&self, body: Vec<u8>) -> Vec<u8> {
        if !self.has_key_parameter() {
            return body;
        }
        match String::from_utf8(body) {
            Ok(text) => self.without_key(&text).into_owned().into_bytes(),
            Err(error) => {
                // Maps every byte to the character of the same number, and back.
                let bytes = error.into_bytes();
                let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                let hidden = self.without_key(&text).into_owned();
                hidden
                    .chars()
                    .map(|c| u8::try_from(c).unwrap_or(b'?'))
                    .collect()
            }
        }
    }

    /// Returns the address to show to readers; `None` if readers cannot open it, or if any part of it is secret.
    pub fn shared_address(&self) -> Option<Url> {
        let url = match self {
            Self::Http(own) if !own.hidden => without_credentials(&own.url),
            Self::Secret(SecretAddress {
                secret: Secret::NotKept { shown, .. },
                ..
            }) => Url::parse(shown).ok()?,
            _ => return None,
        };
        let has_key = url
            .query_pairs()
            .any(|(name, _)| is_secret_parameter(&name));
        (!has_key).then_some(url)
    }
}

fn is_secret_parameter(parameter: &str) -> bool {
    SECRET_PARAMETERS.contains(&parameter.to_ascii_lowercase().as_str())
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => fmt::Display::fmt(url, f),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Command(command) => fmt::Display::fmt(command, f),
            Self::Secret(address) => fmt::Display::fmt(&address.secret, f),
        }
    }
}

/// Fillers that publishers write into a required field that has no address.
const PLACEHOLDERS: [&str; 12] = [
    "#",
    "-",
    "--",
    "?",
    "false",
    "n.a.",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "undefined",
];

/// Returns true if a link, as found, is such a filler instead of an address.
pub(crate) fn is_placeholder_link(link: &str) -> bool {
    let link = link.trim();
    PLACEHOLDERS
        .iter()
        .any(|placeholder| link.eq_ignore_ascii_case(placeholder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, shown: &str) {
        let url: Url = address.parse().expect("a good address");
        assert_eq!(PublicUrl::new(url.clone()).to_string(), shown);
        assert_eq!(format!("{:?}", PublicUrl::new(url)), shown);
    }

    #[test]
    fn secrets_are_hidden() {
        check(
            "https://ana:pw@host.example/a?b=1",
            "https://host.example/a?b=1",
        );
        check(
            "https://host.example/a?Token=abc&b=1",
            "https://host.example/a?Token=hidden&b=1",
        );
        check(
            "https://host.example/a?q=%C3%B1",
            "https://host.example/a?q=%C3%B1",
        );
        let whole = PublicUrl::new_secret(
            "https://host.example/s3cret/feed"
                .parse()
                .expect("a good address"),
        );
        assert_eq!(whole.to_string(), "https://host.example/…");
    }

    #[test]
    fn a_secret_address_is_not_shared() {
        let url = |text: &str| -> Url { text.parse().expect("a good address") };
        let shared = |location: Location| location.shared_address().map(String::from);
        let plain = "https://host.example/feed?x=1";
        let open = Location::Http(PublicUrl::new(url("https://ana:pw@host.example/feed?x=1")));
        assert_eq!(shared(open).as_deref(), Some(plain));
        let keyed = Location::Http(PublicUrl::new(url("https://host.example/feed?token=x")));
        assert_eq!(shared(keyed), None);
        assert_eq!(
            shared(Location::Http(PublicUrl::new_secret(url(plain)))),
            None
        );
        assert_eq!(shared(Location::File("/var/feed.xml".into())), None);
    }

    #[test]
    fn no_link_repeats_a_key() {
        let url = "https://host.example/list?lang=es&token=s3cret".parse();
        let location = Location::Http(PublicUrl::new(url.expect("a good address")));
        let check = |text: &str, expected: &str| {
            assert_eq!(location.without_key(text), expected, "{text}");
            let bytes = location.without_key_bytes([text.as_bytes(), b"\xff"].concat());
            assert_eq!(bytes, [expected.as_bytes(), b"\xff"].concat(), "{text}");
        };
        check("a?id=2&token=s3cret", "a?id=2");
        check("a?token=s3cret", "a");
        check("a?token=s3cret#b", "a#b");
        check("<a href='a?token=s3cret&amp;id=2'>", "<a href='a?id=2'>");
        check("<a href='a?id=2&amp;token=s3cret'>", "<a href='a?id=2'>");
        check(
            "/go?to=%2Fa%3Ftoken%3Ds3cret",
            "/go?to=%2Fa%3Ftoken%3Dhidden",
        );
        check("a?key=s3cret&lang=es", "a?key=hidden&lang=es");
        check("a?id=2&token=other", "a?id=2&token=other");
        let open = Location::Http(PublicUrl::new(
            "https://host.example/list?code=1"
                .parse()
                .expect("a good address"),
        ));
        assert_eq!(open.without_key("a?code=1"), "a?code=1");
    }

    #[test]
    fn no_relative_address_repeats_a_secret() {
        let base = |location: PublicUrl, document: &str, link: &str| {
            let document = document.parse().expect("a good address");
            let base = Location::Http(location).public_base(&document);
            base.join(link).expect("a good link").to_string()
        };
        let url = |text: &str| -> Url { text.parse().expect("a good address") };
        let whole = || PublicUrl::new_secret(url("https://host.example/s3cret/feed"));
        assert_eq!(
            base(whole(), "https://host.example/s3cret/feed", "a#b"),
            "https://host.example/a#b"
        );
        assert_eq!(
            base(whole(), "https://other.example/x/feed", "a"),
            "https://other.example/x/a"
        );
        let keyed = || PublicUrl::new(url("https://host.example/feed?token=x"));
        assert_eq!(
            base(keyed(), "https://host.example/feed?token=x", "#b"),
            "https://host.example/feed#b"
        );
        let open = || PublicUrl::new(url("https://host.example/list?page=1"));
        assert_eq!(
            base(open(), "https://host.example/list?page=1", "#b"),
            "https://host.example/list?page=1#b"
        );
    }
}
