//! The user who runs the command, for the log and for the record of decisions.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use crate::model::Operator;

const USERS: &str = "/etc/passwd";
/// The most that is read of the table of users.
const MAX_USERS_BYTES: u64 = 1 << 20;

/// Returns the user who runs this process.
pub(super) fn current_operator() -> Operator {
    Operator::from_user(current_uid(), operator_name().as_deref())
}

/// Returns the user's name for the daemon, which learns the number from the socket. `1` if it has no printable
/// name.
pub(super) fn claimed_name() -> String {
    let name = operator_name().filter(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    name.unwrap_or_else(|| "1".to_owned())
}

fn current_uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Returns `maria`, or `root for maria` under sudo.
fn operator_name() -> Option<String> {
    let uid = current_uid();
    let name = user_name(uid)?;
    let invoker = std::env::var("SUDO_USER").ok();
    match invoker.filter(|invoker| uid == 0 && !invoker.is_empty()) {
        Some(invoker) => Some(format!("{name} for {invoker}")),
        None => Some(name),
    }
}

/// Returns the name of a user of this machine (`passwd(5)`).
fn user_name(uid: u32) -> Option<String> {
    let users = File::open(USERS).ok()?.take(MAX_USERS_BYTES);
    let lines = BufReader::new(users).lines().map_while(Result::ok);
    let mut named = lines.filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then_some(name)
    });
    named.next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_has_a_name() {
        assert_eq!(user_name(0).as_deref(), Some("root"));
        assert_eq!(user_name(u32::MAX), None);
    }
}
