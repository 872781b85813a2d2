//! The program: arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser as _;
use tidings::cli::{self, Cli};

/// Threads that parse, classify and read the database: enough to keep a few cores busy. Each one more keeps memory of its
/// own.
const BLOCKING_THREADS: usize = 8;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(cli::run(cli)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::report(&error),
    }
}
