//! Requests from commands to the running daemon, at its address for administrators.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::CliError;
use crate::config::Config;
use crate::fetch;
use crate::model::ListenAddress;
use crate::serve::{ADMIN_HEADER, DaemonStatus};
use crate::store;
use crate::text;

/// The longest answer that is read.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// The time `status` waits for the daemon before it reads the database by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// The reasons a daemon did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// No answer came, or only part of one.
    #[error(transparent)]
    Unanswered(#[from] reqwest::Error),
    /// The daemon refused.
    #[error("{}", describe_status(*.status, .reason))]
    Refused { status: StatusCode, reason: String },
}

impl AskError {
    /// Returns true if nothing listens at the address.
    pub(super) fn is_connect_error(&self) -> bool {
        matches!(self, Self::Unanswered(error) if error.is_connect())
    }
}

/// Returns the daemon's own words, or the meaning of the status if it sent none.
fn describe_status(status: StatusCode, reason: &str) -> String {
    match reason {
        "" => format!("it answered {status}"),
        reason => format!("{reason} ({})", status.as_u16()),
    }
}

/// Describes a failure between this process and the daemon at `listen`.
pub(super) fn describe_failure(listen: &ListenAddress, error: &AskError) -> String {
    match error {
        error if is_denied(error) => format!(
            "this user may not connect to the daemon at {listen}: use `sudo`, or join the group of the socket"
        ),
        error if error.is_connect_error() => {
            format!(
                "no daemon answers at {listen}: {}",
                text::error_chain(error)
            )
        }
        AskError::Unanswered(_) => format!(
            "the daemon at {listen} gave an incomplete answer: {}",
            text::error_chain(error)
        ),
        AskError::Refused { .. } => format!("the daemon at {listen} refused: {error}"),
    }
}

/// Reads an answer of the daemon at `listen`.
pub(super) fn parse_answer<T: DeserializeOwned>(
    listen: &ListenAddress,
    answer: &[u8],
) -> Result<T, CliError> {
    serde_json::from_slice(answer).map_err(|error| {
        CliError::Failed(format!(
            "the server at {listen} is not this version of tidings: {error}"
        ))
    })
}

/// Posts `body` to `path` and returns the running daemon's answer; `None` if no daemon runs.
///
/// # Errors
/// [`CliError::Failed`] if the daemon refuses, or if it is of another version.
pub(super) async fn post_to_daemon<T: DeserializeOwned>(
    listen: &ListenAddress,
    path: &str,
    body: Vec<u8>,
) -> Result<Option<T>, CliError> {
    let answer = match post(listen, path, body).await {
        Ok(answer) => answer,
        Err(error) if error.is_connect_error() && !is_denied(&error) => return Ok(None),
        Err(error) => return Err(CliError::Failed(describe_failure(listen, &error))),
    };
    parse_answer(listen, &answer).map(Some)
}

/// Returns true if a server answers at `listen`, whatever the answer.
pub(super) async fn is_answered(listen: &ListenAddress) -> bool {
    // The health check does not accept POST: even the refusal is an answer.
    match post(listen, "/healthz", Vec::new()).await {
        Ok(_) => true,
        Err(error) => !error.is_connect_error() || is_denied(&error),
    }
}

/// Returns true if the system forbids the connection, as it may while a daemon waits for it.
fn is_denied(error: &AskError) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let system = error.downcast_ref::<io::Error>();
        if system.is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Replaces the address of a server that listens on every address with this machine's own.
fn reachable_address(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Returns the status reported by the daemon that uses the configured store; `None` if there is no such daemon
/// or it does not answer in time.
pub(super) async fn fetch_status(config: &Config) -> Option<DaemonStatus> {
    let mut places = store::admin_places(&config.store.path);
    places.extend(config.admin.listen.first().cloned());
    for listen in &places {
        let status = get_from_daemon::<DaemonStatus>(listen, "/status.json").await;
        // A daemon with another store may listen there.
        let status = status.filter(|status| is_same_file(&status.store, &config.store.path));
        if status.is_some() {
            return status;
        }
    }
    None
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    one == other || whole(one) == whole(other)
}

/// Returns the running daemon's answer at `path`; `None` if none comes in time or the daemon is of another
/// version.
pub(super) async fn get_from_daemon<T: DeserializeOwned>(
    listen: &ListenAddress,
    path: &str,
) -> Option<T> {
    let asked = send_request(listen, Method::GET, path, Vec::new());
    let answer = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    serde_json::from_slice(&answer).ok()
}

/// Posts `body` to `path` of the daemon at `listen` and returns the body of its answer.
pub(super) async fn post(
    listen: &ListenAddress,
    path: &str,
    body: Vec<u8>,
) -> Result<Vec<u8>, AskError> {
    send_request(listen, Method::POST, path, body).await
}

async fn send_request(
    listen: &ListenAddress,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<Vec<u8>, AskError> {
    let builder = fetch::plain_client();
    let (builder, address) = match listen {
        ListenAddress::Tcp(address) => {
            let address = reachable_address(*address);
            (builder, format!("http://{address}{path}"))
        }
        ListenAddress::Unix(socket) => (
            builder.unix_socket(socket.as_path()),
            format!("http://localhost{path}"),
        ),
    };
    let client: Client = builder.build()?;
    let answer: Response = client
        .request(method, address)
        .header(ADMIN_HEADER, super::operator::claimed_name())
        .body(body)
        .send()
        .await?;
    let status = answer.status();
    let body = read_whole_body(answer).await?;
    if status.is_success() {
        return Ok(body);
    }
    let reason = text::one_line(String::from_utf8_lossy(&body).trim());
    Err(AskError::Refused { status, reason })
}

async fn read_whole_body(mut answer: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() < MAX_ANSWER_BYTES {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_reached_on_this_machine() {
        let check = |listen: &str, address: &str| {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(reachable_address(listen).to_string(), address);
        };
        check("0.0.0.0:8081", "127.0.0.1:8081");
        check("[::]:8081", "[::1]:8081");
        check("10.0.0.5:8081", "10.0.0.5:8081");
    }
}
