//! Files to HTTP: the published folder from memory for readers, and the daemon's state for administrators.
//!
//! In: the folder as `publish` left it; questions that the daemon answers. Out: responses, the files' bytes unchanged.
//! It renders no feed and opens no store: of that it knows the shape of `status` only. Readers and administrators have listeners of their own.

mod admin;
mod assets;
mod connection;
mod listen;
mod public;
mod response;
mod status_page;

pub use self::admin::{DecisionReport, Health, Question, ReloadReport, Status, router as admin};
pub use self::assets::{Asset, Assets};
pub use self::connection::serve;
pub use self::listen::{ListenError, Listener, inherited};
pub use self::public::router as public;
