//! Files to HTTP: the published folder from memory for readers, searches, and the daemon's state for
//! administrators.
//!
//! In: the folder as `publish` left it; the daemon's answers to searches and questions. Out: responses, with
//! the files' bytes unchanged. It renders no feed and opens no store; it knows only the shape of `status`.
//! Readers and administrators have separate listeners.

mod admin;
mod answers;
mod assets;
mod client;
mod connection;
mod host;
mod listen;
mod metrics;
mod origin;
mod places;
mod public;
mod rates;
mod redirects;
mod response;
mod search;
mod searches;
mod status_page;

pub use self::admin::{
    AdminRequest, DaemonHealth, DaemonStatus, DecisionReport, ForgetReport, ReloadReport,
    admin_router as admin,
};
pub use self::assets::{Asset, PublishedAssets};
pub use self::client::TrustedProxies;
pub use self::connection::serve_connections;
pub use self::listen::{ListenError, Listener, inherited_listeners};
pub use self::metrics::Metrics;
pub use self::origin::HEADER as ADMIN_HEADER;
pub use self::public::public_router as public;
pub use self::redirects::Redirects;
pub use self::searches::{SearchAnswer, SearchRequest, Searches};
