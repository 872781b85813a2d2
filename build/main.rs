//! Generates code for the crate: the names of its modules and dependencies, and the tables of `data/languages`.

mod languages;
mod modules;
mod schema;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, io};

fn main() -> ExitCode {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let written = modules::write(&out).map_err(|error: io::Error| vec![error.to_string()]);
    match written.and_then(|()| languages::write(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistakes) => {
            eprintln!("{}", mistakes.join("\n"));
            ExitCode::FAILURE
        }
    }
}
