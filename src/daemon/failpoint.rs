//! Places where a test can make the daemon hang. A release has none.

/// Hangs forever if `TIDINGS_FAILPOINT` names this place.
#[cfg(debug_assertions)]
pub(super) async fn hang(place: &str) {
    if std::env::var("TIDINGS_FAILPOINT").is_ok_and(|named| named == place) {
        std::future::pending::<()>().await;
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) async fn hang(_place: &str) {}
