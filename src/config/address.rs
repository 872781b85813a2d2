//! Parses addresses: of sources, of the site, of the store.

use std::path::{Path, PathBuf};

use url::Url;

use super::diagnostic::Mistake;
use crate::model::{Location, PublicUrl};

/// Parses a source's address: `http://`, `https://`, `file:`, or a path, which is relative to `folder`.
pub(super) fn parse_location(text: &str, folder: &Path) -> Result<Location, Mistake> {
    match address_scheme(text).as_deref() {
        Some("http" | "https") => Ok(Location::Http(PublicUrl::new(parse_web_address(text)?))),
        Some("file") => Ok(Location::File(parse_file_address(text, folder)?)),
        None => Ok(Location::File(folder.join(text))),
        Some(scheme) => Err(unsupported_scheme(&format!("`{scheme}:`"))),
    }
}

/// Parses a source's address that is a secret.
pub(super) fn parse_secret_location(text: &str, folder: &Path) -> Result<Location, Mistake> {
    match address_scheme(text).as_deref() {
        Some("http" | "https") => Ok(Location::Http(PublicUrl::new_secret(parse_web_address(
            text,
        )?))),
        Some("file") => Ok(Location::File(parse_file_address(text, folder)?)),
        None => Err(Mistake::new("this secret is no address")),
        // A secret's scheme is not shown: it may be the whole of `user:password`.
        Some(_) => Err(unsupported_scheme("the scheme of this secret")),
    }
}

fn unsupported_scheme(scheme: &str) -> Mistake {
    Mistake::new(format!("{scheme} is not supported"))
        .hint("write `https://…`, `http://…`, `file:…` or a path")
}

/// Parses the site's own address. Its path is made to end with `/`, so that names can be joined to it.
pub(super) fn parse_base_url(text: &str) -> Result<Url, Mistake> {
    let hint = "write `https://bulletins.example/`";
    if !matches!(address_scheme(text).as_deref(), Some("http" | "https")) {
        return Err(Mistake::new("an address with `http://` or `https://` is wanted").hint(hint));
    }
    let mut url = parse_web_address(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            Mistake::new("names are joined to this address: it may have no `?` or `#`").hint(hint),
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            Mistake::new("this address is published: it may have no user or password").hint(hint),
        );
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Parses the web address of a document. It is published, so it must not contain secrets.
pub(super) fn parse_document_base(text: &str) -> Result<Url, Mistake> {
    let hint = "write `https://host.example/news/`";
    if !matches!(address_scheme(text).as_deref(), Some("http" | "https")) {
        return Err(Mistake::new("expected an address with `http://` or `https://`").hint(hint));
    }
    let url = parse_web_address(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            Mistake::new("this address is published: it may have no user or password").hint(hint),
        );
    }
    Ok(url)
}

/// Parses `sqlite:PATH`; a relative path starts in `folder`.
pub(super) fn parse_store_path(text: &str, folder: &Path) -> Result<PathBuf, Mistake> {
    let hint = "write `sqlite:../var/tidings.db`";
    match address_scheme(text).as_deref() {
        Some("sqlite") => {}
        Some("postgres" | "postgresql") => {
            return Err(Mistake::new("`postgres:` is not supported yet").hint(hint));
        }
        _ => return Err(Mistake::new("`sqlite:` and a path are wanted").hint(hint)),
    }
    // Other programs write `sqlite://relative`, `sqlite:///absolute`.
    let (_, path) = text.split_once(':').unwrap_or_default();
    match path.strip_prefix("//").unwrap_or(path) {
        "" => Err(Mistake::new("a path is missing after `sqlite:`").hint(hint)),
        ":memory:" => Err(Mistake::new("the store must be a file: nothing may be lost").hint(hint)),
        path => Ok(folder.join(path)),
    }
}

/// Returns the text before the colon, in lower case (RFC 3986 §3.1). A single letter is a Windows drive.
fn address_scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (well_formed && scheme.len() > 1).then(|| scheme.to_ascii_lowercase())
}

fn parse_web_address(text: &str) -> Result<Url, Mistake> {
    // The error does not quote any part of the address, which may be secret.
    Url::parse(text).map_err(|error| Mistake::new(format!("this is no address: {error}")))
}

/// Parses `file:///absolute%20path` as in RFC 8089, or `file:relative path`.
fn parse_file_address(text: &str, folder: &Path) -> Result<PathBuf, Mistake> {
    let (_, path) = text.split_once(':').unwrap_or_default();
    if !path.starts_with("//") {
        return Ok(folder.join(path));
    }
    let elsewhere =
        || Mistake::new("this names no file of this machine").hint("write `file:///…` or a path");
    parse_web_address(text)?
        .to_file_path()
        .map_err(|()| elsewhere())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "/etc/tidings";

    fn shown<T: ToString>(read: Result<T, Mistake>) -> String {
        read.map_or_else(|mistake| mistake.message, |value| value.to_string())
    }

    #[test]
    fn sources_are_addresses_or_paths() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                shown(parse_location(text, FOLDER.as_ref())),
                expected,
                "{text}"
            );
        };
        check("https://a.example/feed?b=1", "https://a.example/feed?b=1");
        check("HTTP://a.example", "http://a.example/");
        check("samples/a.txt", "/etc/tidings/samples/a.txt");
        check("file:samples/a b.txt", "/etc/tidings/samples/a b.txt");
        check("file:///var/a%20b.txt", "/var/a b.txt");
        check(
            "file://host.example/a",
            "this names no file of this machine",
        );
        check("https://", "this is no address: empty host");
        check("ftp://ana:pw@a.example", "`ftp:` is not supported");
    }

    #[test]
    fn secrets_are_not_shown() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                shown(parse_secret_location(text, FOLDER.as_ref())),
                expected
            );
        };
        check("https://a.example/s3cret", "https://a.example/…");
        check("s3cret", "this secret is no address");
        check(
            "s3cret:s3cret",
            "the scheme of this secret is not supported",
        );
        check("https://s3cret:", "https://s3cret/…");
        check(
            "https://s3cret:s3cret",
            "this is no address: invalid port number",
        );
    }

    #[test]
    fn the_site_can_be_joined_to() {
        let check = |text: &str, expected: &str| assert_eq!(shown(parse_base_url(text)), expected);
        check("https://a.example", "https://a.example/");
        check("https://a.example/b", "https://a.example/b/");
        check(
            "https://a.example/?b",
            "names are joined to this address: it may have no `?` or `#`",
        );
        check(
            "https://ana@a.example/",
            "this address is published: it may have no user or password",
        );
        check(
            "a.example",
            "an address with `http://` or `https://` is wanted",
        );
    }

    #[test]
    fn the_store_is_a_file() {
        let check = |text: &str, expected: &str| {
            let read = parse_store_path(text, FOLDER.as_ref());
            assert_eq!(shown(read.map(|path| path.display().to_string())), expected);
        };
        check("sqlite:../a.db", "/etc/tidings/../a.db");
        check("sqlite:/var/a.db", "/var/a.db");
        check("sqlite:///var/a.db", "/var/a.db");
        check("sqlite://a.db", "/etc/tidings/a.db");
        check("sqlite:", "a path is missing after `sqlite:`");
        check(
            "sqlite::memory:",
            "the store must be a file: nothing may be lost",
        );
        check(
            "postgres://ana:pw@db/tidings",
            "`postgres:` is not supported yet",
        );
        check("a.db", "`sqlite:` and a path are wanted");
    }
}
