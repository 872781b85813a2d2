//! Reads TOML text into a checked configuration.
//!
//! In: the main file, its includes, and the environment (for secrets).
//! Out: a [`Config`], or every mistake of every file at once, by place and with a hint.
//!
//! Reads files, bounded in size and number; no clock, no network. A key that no part of the reader asks for is an
//! error, so that a typing error never passes for a setting; a planned key gets its own message (“not supported yet”).

mod address;
mod advice;
mod changes;
mod command;
mod diagnostic;
pub mod edit;
mod encoding;
mod file;
mod include;
mod pages;
mod salvage;
mod secret;
mod section;
mod select;
mod setting;
mod syntax;
mod settings;
mod source;
mod table;
mod topic;
mod units;
mod withheld;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use changes::{Configured, SettingChange, changes};
pub use diagnostic::{Diagnostic, Refused, Severity};
pub use file::ConfigFile;
pub use include::Changed;
pub use section::{
    AdminConfig, DaemonConfig, FetchConfig, PublishConfig, RobotsPolicy, ServerConfig, SiteConfig,
    StoreConfig,
};

pub use setting::{Setting, SettingError, SettingsError, WrongSetting, reconfigured, unconfigured};

pub use salvage::Broken;
pub use secret::{SecretError, resolve};
pub use withheld::{KnownSecrets, without_address_secrets};

use advice::Listens;
use diagnostic::Diagnostics;
use file::File;
use source::Surroundings;
use table::Table;
use topic::Topics;

use crate::model::Source;
use crate::topics::Topic;

/// The maximum total size of the texts of a configuration that is kept.
pub const MAX_KEPT_BYTES: usize = 16 << 20;

/// A configuration without mistakes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The main file, absolute.
    pub file: PathBuf,
    /// The published site and its publisher.
    pub site: SiteConfig,
    /// The location of the store.
    pub store: StoreConfig,
    /// The folder of the feeds, and the limits of their contents.
    pub publish: PublishConfig,
    /// Limits and manners of fetching.
    pub fetch: FetchConfig,
    /// The addresses that serve readers.
    pub server: ServerConfig,
    /// The addresses that serve administrators.
    pub admin: AdminConfig,
    /// Options of the daemon.
    pub daemon: DaemonConfig,
    /// Every file that was read, starting with the main one.
    pub files: Vec<ConfigFile>,
    /// The sources, in the order of files and lines; ids are unique.
    pub sources: Vec<Source>,
    /// The topics, in the order of files and lines; ids are unique.
    pub topics: Vec<Topic>,
    /// Warnings of settings that may not be intended.
    pub warnings: Vec<Diagnostic>,
    /// Further warnings that only `check` shows.
    pub advice: Vec<Diagnostic>,
}

/// Parses a duration greater than zero, in the notation of the configuration: `90s`, `15m`, `1h30m`, `7d`.
///
/// # Errors
/// The problem, and how to write it.
pub fn interval(text: &str) -> Result<std::time::Duration, String> {
    units::interval(text).map_err(|mistake| match mistake.hint {
        Some(hint) => format!("{}: {hint}", mistake.message),
        None => mistake.message,
    })
}

/// Reads `file` and its includes. `environment` looks up a variable.
///
/// # Errors
/// [`Refused`] with every mistake, including a file that cannot be read.
pub fn load(file: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, Refused> {
    read(file, None, environment)
}

/// Reads `file` as [`load`] does, with one of the files changed or added: the result of an edit before it is made.
///
/// # Errors
/// As [`load`].
pub fn load_changed(
    file: &Path,
    changed: &Changed<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Refused> {
    read(file, Some(changed), environment)
}

/// Reads `file` as [`load`] does. If it cannot be used, the error contains the parts that can be read.
///
/// # Errors
/// [`Broken`]
pub fn load_or_salvage(
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<Broken>> {
    let report = Diagnostics::default();
    let files = include::read(file, None, &report);
    of_files(&files, report, environment)
}

/// Reads a kept configuration, even if its files have changed since. It was kept without the secrets of addresses;
/// known ones are restored.
///
/// # Errors
/// [`Refused`], for example if another version of the program kept it.
pub fn load_kept(
    files: &[ConfigFile],
    secrets: &KnownSecrets,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Refused> {
    let report = Diagnostics::default();
    let kept = files.iter().enumerate();
    let files: Vec<File> = kept
        .map(|(number, kept)| File::kept(number, kept, secrets, &report))
        .collect();
    let files = if files.is_empty() {
        vec![File::new(0, Path::new(""), String::new(), &report)]
    } else {
        files
    };
    of_files(&files, report, environment).map_err(|broken| broken.refused)
}

fn read(
    file: &Path,
    changed: Option<&Changed<'_>>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Refused> {
    let report = Diagnostics::default();
    let files = include::read(file, changed, &report);
    of_files(&files, report, environment).map_err(|broken| broken.refused)
}

fn of_files(
    files: &[File],
    report: Diagnostics,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<Broken>> {
    let tops: Vec<Table> = files.iter().map(|file| Table::top(file, &report)).collect();
    let server = section::server(&tops);
    let site = section::site(&tops, &server);
    let admin = section::admin(&tops);
    let daemon = section::daemon(&tops);
    let store = section::store(&tops, environment);
    let publish = section::publish(&tops);
    let fetch = section::fetch(&tops);
    let topics = Topics::read(&tops);
    let surroundings = Surroundings {
        topics: &topics.known,
        zone: site.zone,
        environment,
    };
    let sources = source::read(&tops, &surroundings);
    let topics = topics.finish(&sources);
    for top in &tops {
        top.known(include::KEY);
        top.finish(&[]);
    }
    drop(tops);
    let listens = Listens {
        server: &server,
        admin: &admin,
    };
    advice::advise(files, &report, &listens, &sources, &topics);
    let told = match report.finish() {
        Ok(told) => told,
        Err(refused) => {
            return Err(Box::new(Broken {
                refused,
                file: files[0].path.clone(),
                stores: salvage::stores(files, &store),
                secrets: KnownSecrets::of(files),
                admin: admin.listen,
            }));
        }
    };
    Ok(Config {
        file: files[0].path.clone(),
        site,
        store,
        publish,
        fetch,
        server,
        admin,
        daemon,
        files: files.iter().map(File::to_keep).collect(),
        sources,
        topics,
        warnings: told.warnings,
        advice: told.advice,
    })
}
