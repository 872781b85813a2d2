//! Sockets to listen on: configured ones, and those passed in by systemd.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};

use crate::model::ListenAddress;

/// The mode of a socket in the file system: its owner and its group may connect.
const UNIX_MODE: u32 = 0o660;

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener),
}

/// The reason why a socket cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {hint}")]
pub struct ListenError {
    /// The address.
    pub listen: String,
    /// The remedy.
    pub hint: &'static str,
    /// The system's error.
    #[source]
    pub cause: io::Error,
}

impl Listener {
    /// Listens on `listen`.
    ///
    /// # Errors
    /// [`ListenError`] if the address is in use or not permitted.
    pub async fn bind(listen: &ListenAddress) -> Result<Self, ListenError> {
        let bound = match listen {
            ListenAddress::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            ListenAddress::Unix(path) => bind_unix(path).map(Self::Unix),
        };
        bound.map_err(|cause| {
            let hint = match cause.kind() {
                io::ErrorKind::AddrInUse => {
                    "another program does already; stop it, or set another `listen`"
                }
                io::ErrorKind::PermissionDenied => {
                    "this user may not; ports below 1024 want a socket from systemd"
                }
                io::ErrorKind::AddrNotAvailable => {
                    "this machine has no such address; correct `listen`"
                }
                io::ErrorKind::NotFound => {
                    "its folder is missing; create it, or let systemd create it (`RuntimeDirectory=`)"
                }
                _ => "correct `listen`",
            };
            ListenError {
                listen: listen.to_string(),
                hint,
                cause,
            }
        })
    }

    /// Returns the address in the form that readers use.
    pub fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| "?".to_owned(), |at| format!("http://{at}")),
            Self::Unix(listener) => {
                let path = listener
                    .local_addr()
                    .ok()
                    .and_then(|at| at.as_pathname().map(Path::to_owned));
                path.map_or_else(
                    || "unix:?".to_owned(),
                    |path| format!("unix:{}", path.display()),
                )
            }
        }
    }
}

/// Replaces a socket that a killed process left, which nobody listens on any more. Its owner and its group may
/// connect.
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_socket());
    if is_socket && is_abandoned(path) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(UNIX_MODE))?;
    Ok(listener)
}

/// Returns true if nobody listens on the socket. One that may not be connected to is in use.
fn is_abandoned(path: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// Returns the sockets passed in by systemd (`LISTEN_FDS`), in order; all of them are for readers.
///
/// # Errors
/// An error if one is not a listening socket.
pub fn inherited_listeners() -> io::Result<Vec<Listener>> {
    let mut handed = listenfd::ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..handed.len() {
        let tcp = handed.take_tcp_listener(index);
        if let Ok(Some(listener)) = tcp {
            listener.set_nonblocking(true)?;
            listeners.push(Listener::Tcp(TcpListener::from_std(listener)?));
        } else if let Some(listener) = handed.take_unix_listener(index)? {
            listener.set_nonblocking(true)?;
            listeners.push(Listener::Unix(UnixListener::from_std(listener)?));
        }
    }
    Ok(listeners)
}
