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

pub use changes::{SettingChange, SettingOwner, setting_changes};
pub use diagnostic::{Diagnostic, InvalidConfig, Severity};
pub use file::ConfigFile;
pub use include::ChangedFile;
pub use section::{
    AdminConfig, DaemonConfig, FetchConfig, PublishConfig, RobotsPolicy, ServerConfig, SiteConfig,
    StoreConfig,
};

pub use setting::{
    Setting, SettingError, SettingsError, WrongSetting, config_with_settings, source_from_settings,
};

pub use salvage::BrokenConfig;
pub use secret::{SecretError, resolve_source};
pub use withheld::{KnownSecrets, without_address_secrets};

use advice::ListenConfigs;
use diagnostic::DiagnosticCollector;
use file::ParsedFile;
use source::SourceContext;
use table::ConfigTable;
use topic::ReadTopics;

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
pub fn parse_interval(text: &str) -> Result<std::time::Duration, String> {
    units::parse_interval(text).map_err(|mistake| match mistake.hint {
        Some(hint) => format!("{}: {hint}", mistake.message),
        None => mistake.message,
    })
}

/// Reads `file` and its includes. `environment` looks up a variable.
///
/// # Errors
/// [`InvalidConfig`] with every mistake, including a file that cannot be read.
pub fn load(
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, InvalidConfig> {
    read_config(file, None, environment)
}

/// Reads `file` as [`load`] does, with one of the files changed or added: the result of an edit before it is made.
///
/// # Errors
/// As [`load`].
pub fn load_changed(
    file: &Path,
    changed: &ChangedFile<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, InvalidConfig> {
    read_config(file, Some(changed), environment)
}

/// Reads `file` as [`load`] does. If it cannot be used, the error contains the parts that can be read.
///
/// # Errors
/// [`BrokenConfig`]
pub fn load_or_salvage(
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<BrokenConfig>> {
    let report = DiagnosticCollector::default();
    let files = include::read_files(file, None, &report);
    config_from_files(&files, report, environment)
}

/// Reads a kept configuration, even if its files have changed since. It was kept without the secrets of addresses;
/// known ones are restored.
///
/// # Errors
/// [`InvalidConfig`], for example if another version of the program kept it.
pub fn load_kept(
    files: &[ConfigFile],
    secrets: &KnownSecrets,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, InvalidConfig> {
    let report = DiagnosticCollector::default();
    let kept = files.iter().enumerate();
    let files: Vec<ParsedFile> = kept
        .map(|(number, kept)| ParsedFile::from_kept(number, kept, secrets, &report))
        .collect();
    let files = if files.is_empty() {
        vec![ParsedFile::new(0, Path::new(""), String::new(), &report)]
    } else {
        files
    };
    config_from_files(&files, report, environment).map_err(|broken| broken.refused)
}

fn read_config(
    file: &Path,
    changed: Option<&ChangedFile<'_>>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, InvalidConfig> {
    let report = DiagnosticCollector::default();
    let files = include::read_files(file, changed, &report);
    config_from_files(&files, report, environment).map_err(|broken| broken.refused)
}

fn config_from_files(
    files: &[ParsedFile],
    report: DiagnosticCollector,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<BrokenConfig>> {
    let tops: Vec<ConfigTable> = files
        .iter()
        .map(|file| ConfigTable::root(file, &report))
        .collect();
    let server = section::read_server(&tops);
    let site = section::read_site(&tops, &server);
    let admin = section::read_admin(&tops);
    let daemon = section::read_daemon(&tops);
    let store = section::read_store(&tops, environment);
    let publish = section::read_publish(&tops);
    let fetch = section::read_fetch(&tops);
    let topics = ReadTopics::from_tables(&tops);
    let surroundings = SourceContext {
        topics: &topics.known,
        zone: site.zone,
        environment,
    };
    let sources = source::read_sources(&tops, &surroundings);
    let topics = topics.into_topics(&sources);
    for top in &tops {
        top.mark_known(include::KEY);
        top.refuse_unknown_keys(&[]);
    }
    drop(tops);
    let listens = ListenConfigs {
        server: &server,
        admin: &admin,
    };
    advice::advise_on_config(files, &report, &listens, &sources, &topics);
    let told = match report.into_warnings() {
        Ok(told) => told,
        Err(refused) => {
            return Err(Box::new(BrokenConfig {
                refused,
                file: files[0].path.clone(),
                stores: salvage::possible_stores(files, &store),
                secrets: KnownSecrets::from_files(files),
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
        files: files.iter().map(ParsedFile::to_config_file).collect(),
        sources,
        topics,
        warnings: told.warnings,
        advice: told.advice,
    })
}
