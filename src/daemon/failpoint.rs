//! Places where a test makes the daemon hang. In a release there are none.

/// Hangs here for ever when `TIDINGS_FAILPOINT` names this place.
#[cfg(debug_assertions)]
pub(super) async fn hang(place: &str) {
    if std::env::var("TIDINGS_FAILPOINT").is_ok_and(|named| named == place) {
        std::future::pending::<()>().await;
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) async fn hang(_place: &str) {}
