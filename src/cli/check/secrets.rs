//! Checks addresses that are secrets, as far as this process can read them.

use crate::config::{self, Config, Diagnostic, SecretError, Severity};
use crate::model::Location;

/// Returns errors for secrets that are not addresses, and warnings for secrets that cannot be read here. The
/// daemon, which does the fetching, may be able to read them.
pub(super) fn check_secrets(config: &Config) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let mut wrong = Vec::new();
    let mut unread: Vec<Diagnostic> = config
        .store
        .unread
        .iter()
        .cloned()
        .map(downgrade_to_warning)
        .collect();
    for source in &config.sources {
        let Location::Secret(address) = &source.location else {
            continue;
        };
        let diagnostic = |severity, message| Diagnostic {
            severity,
            place: address.place.clone(),
            message,
            hint: None,
        };
        match config::resolve_source(source) {
            Err(SecretError::Wrong(message)) => {
                wrong.push(diagnostic(Severity::Mistake, message));
            }
            // Only a configuration from the store lacks its secrets.
            Ok(_) | Err(SecretError::NotKept(_)) => {}
            Err(SecretError::Unreadable(message)) => {
                unread.push(downgrade_to_warning(diagnostic(Severity::Warning, message)));
            }
        }
    }
    (wrong, unread)
}

fn downgrade_to_warning(found: Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        hint: Some(
            "correct if the daemon can read it; the address was not checked here".to_owned(),
        ),
        ..found
    }
}
