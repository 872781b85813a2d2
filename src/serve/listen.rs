//! Sockets to listen on: those that are configured, and those that systemd hands over.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};

use crate::model::Listen;

/// The mode of a socket in the file system: its owner and its group may connect.
const UNIX_MODE: u32 = 0o660;

/// A socket that is listened on.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A socket in the file system.
    Unix(UnixListener),
}

/// Why a socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {hint}")]
pub struct ListenError {
    /// The address.
    pub listen: String,
    /// What to do.
    pub hint: &'static str,
    /// What the system said.
    #[source]
    pub cause: io::Error,
}

impl Listener {
    /// Listens on `listen`.
    ///
    /// # Errors
    /// [`ListenError`] when it is taken or not ours to take.
    pub async fn bind(listen: &Listen) -> Result<Self, ListenError> {
        let bound = match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Listen::Unix(path) => unix(path).map(Self::Unix),
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

    /// Where it listens, as readers write it.
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

/// Replaces a socket that nobody listens on any more: a process that was killed left it. Its owner and its group may connect.
fn unix(path: &Path) -> io::Result<UnixListener> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_socket());
    if is_socket && is_left(path) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(UNIX_MODE))?;
    Ok(listener)
}

/// One that may not be connected to is somebody's.
fn is_left(path: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// The sockets that systemd hands over (`LISTEN_FDS`), in their order: the first is for readers, further ones too.
///
/// # Errors
/// When one is no listening socket.
pub fn inherited() -> io::Result<Vec<Listener>> {
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
