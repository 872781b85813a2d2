//! The addresses of sources as requests need them.

use std::borrow::Cow;

use url::Url;

use crate::config::{self, SecretError};
use crate::fetch;
use crate::model::{Location, PublicUrl, Secret, Source};

/// Returns the address of a location for a request. A program gets an address that is not on the web: it
/// identifies the program's output, and no relative link is resolved against it.
///
/// # Panics
/// Panics on a relative path. The configuration and the command line make paths absolute.
pub fn request_address(location: &Location) -> PublicUrl {
    match location {
        Location::Http(url) => url.clone(),
        Location::File(path) => {
            PublicUrl::new(Url::from_file_path(path).expect("an absolute path"))
        }
        Location::Command(command) => PublicUrl::new(fetch::address_of_command(command)),
        Location::Secret(secret) => PublicUrl::new_secret(secret_address(&secret.secret)),
    }
}

/// Returns the source with the address to fetch. A secret is read off the async threads.
///
/// # Errors
/// [`SecretError`] if the secret cannot be read.
pub async fn resolve_source_address(source: &Source) -> Result<Cow<'_, Source>, SecretError> {
    if !matches!(source.location, Location::Secret(_)) {
        return Ok(Cow::Borrowed(source));
    }
    let secret = source.clone();
    let read =
        tokio::task::spawn_blocking(move || config::resolve_source(&secret).map(Cow::into_owned));
    let read = read.await;
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
        .map(Cow::Owned)
}

/// Returns a placeholder for an address in a secret, which is unknown until the secret is read.
fn secret_address(secret: &Secret) -> Url {
    let mut url = Url::parse("secret:/").expect("a constant");
    url.set_path(&secret.to_string());
    url
}
