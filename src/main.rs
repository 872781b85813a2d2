//! The program: arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser as _;
use tidings::cli::{self, Cli};

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::report_error(&error),
    }
}
