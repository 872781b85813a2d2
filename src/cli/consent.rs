//! Asks for confirmation before a command does something that readers notice.

use std::io::{self, IsTerminal as _, Write as _};

use super::CliError;

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConsentAnswer {
    /// `--yes`, or a yes at the terminal.
    Yes,
    /// Any other answer at the terminal.
    No,
    /// There is no terminal to ask at.
    Nobody,
}

/// Asks `question` on stderr if a terminal is attached; `given` is `--yes`.
pub(super) fn ask_consent(question: &str, given: bool) -> Result<ConsentAnswer, CliError> {
    if given {
        return Ok(ConsentAnswer::Yes);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(ConsentAnswer::Nobody);
    }
    let mut err = io::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let is_yes = matches!(line.trim().to_lowercase().as_str(), "y" | "yes");
    Ok(if is_yes {
        ConsentAnswer::Yes
    } else {
        ConsentAnswer::No
    })
}

/// Returns the error for a declined question.
pub(super) fn declined_error() -> CliError {
    CliError::Failed("nothing was changed".to_owned())
}
