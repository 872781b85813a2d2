//! Tests that cannot run here.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;

/// Reports that the current test, or the rest of it, cannot run here, and why.
///
/// Cargo hides the output of a test that passes, so the line is also appended to the file `$TIDINGS_TEST_SKIPPED`, if
/// that is set: `.ci/run` prints it at the end.
pub(crate) fn skipped(why: &str) {
    let current = thread::current();
    let test = current.name().unwrap_or("a test").to_owned();
    let line = format!("skipped: {test}: {}\n", why.trim());
    eprint!("{line}");
    if let Some(file) = std::env::var_os("TIDINGS_TEST_SKIPPED") {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        // One write: concurrent tests do not mix their lines.
        file.write_all(line.as_bytes()).unwrap();
    }
}
