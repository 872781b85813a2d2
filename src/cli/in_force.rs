//! The configuration for commands that can do without the current list of sources. If the files contain a
//! mistake, the store's copy of the configuration last in force is used.
//!
//! The store is found through the files, however broken: every path that they name is tried, then the usual
//! ones. A store counts only if its copy was read from the same main file, unless `--store` names the store.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{CliError, ConfigArguments, environment_variable};
use crate::config::{self, BrokenConfig, Config, InvalidConfig, KnownSecrets};
use crate::model::{ListenAddress, Timestamp};
use crate::store::{self, KeptConfiguration};

/// Mistakes that a command reports with its answer.
const TOLD: usize = 10;

/// The package's configuration directory and store.
const PACKAGED: (&str, &str) = ("/etc/tidings", "/var/lib/tidings/tidings.db");
/// The environment variable in which systemd passes a unit's state directory (systemd.exec(5)).
const STATE: &str = "STATE_DIRECTORY";
const STORE_NAME: &str = "tidings.db";

/// A usable configuration.
pub(super) struct UsableConfig {
    pub(super) config: Config,
    /// The reason why it is not the one in the files.
    pub(super) refusal: Option<ConfigRefusal>,
}

/// The reason why the files do not count.
pub(super) struct ConfigRefusal {
    refused: InvalidConfig,
    /// The time since which the configuration used has been in force.
    pub(super) since: Timestamp,
}

impl ConfigRefusal {
    /// Returns the mistakes, one per line, with hints below them.
    pub(super) fn mistake_lines(&self) -> Vec<String> {
        self.refused
            .to_string()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Writes to stderr which configuration the answer is based on, and why.
    fn print_warning(&self) -> io::Result<()> {
        let mut err = io::stderr().lock();
        let since = self.since.format("%Y-%m-%d %H:%M UTC");
        writeln!(
            err,
            "warning: the configuration has mistakes; this answer is based on the one in force since {since}"
        )?;
        let mistakes = self.refused.mistakes();
        for mistake in mistakes.iter().take(TOLD) {
            writeln!(err, "{mistake}")?;
        }
        match mistakes.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => writeln!(err, "and {more} more: `tidings check` shows them"),
        }
    }
}

/// Reads the configuration as [`usable`] does. Warns on stderr.
pub(super) fn load_in_force(named: &ConfigArguments) -> Result<Config, CliError> {
    let usable = load_usable(named).map_err(|broken| broken.refused)?;
    Ok(usable.config)
}

/// Reads the configuration as [`usable`] does. Warns on stderr, and returns the reason too.
pub(super) fn load_usable(named: &ConfigArguments) -> Result<UsableConfig, Box<BrokenConfig>> {
    let usable = load_or_last(named)?;
    let warned = match &usable.refusal {
        Some(refusal) => refusal.print_warning(),
        None => super::print_warnings(&usable.config),
    };
    // With stderr closed, nobody reads the warning.
    drop(warned);
    Ok(usable)
}

/// Returns the daemon's possible addresses for administrators: those of the configuration in force, then those
/// in the files.
pub(super) fn admin_addresses(named: &ConfigArguments) -> Result<Vec<ListenAddress>, CliError> {
    match config::load_or_salvage(&named.main_file(), &environment_variable) {
        Ok(config) => {
            super::print_warnings(&config)?;
            let kept = store::kept_configuration(&config.store.path).ok().flatten();
            let kept = kept.and_then(|kept| {
                let secrets = KnownSecrets::default();
                config::load_kept(&kept.files, &secrets, &environment_variable).ok()
            });
            let kept = kept.map(|kept| kept.admin.listen).unwrap_or_default();
            let noted = store::admin_places(&config.store.path);
            Ok(dedup_addresses(
                config.admin.listen.into_iter().chain(kept).chain(noted),
            ))
        }
        Err(broken) => {
            let kept = last_in_force(&broken, named.store.as_deref()).map(|(kept, _)| kept);
            let noted = kept
                .as_ref()
                .map(|kept| store::admin_places(&kept.store.path));
            let kept = kept.map(|kept| kept.admin.listen).unwrap_or_default();
            let noted = noted.unwrap_or_default();
            Ok(dedup_addresses(
                kept.into_iter().chain(broken.admin).chain(noted),
            ))
        }
    }
}

fn dedup_addresses(places: impl Iterator<Item = ListenAddress>) -> Vec<ListenAddress> {
    let mut once = Vec::new();
    for place in places {
        if !once.contains(&place) {
            once.push(place);
        }
    }
    once
}

/// Returns the configuration in the files, or the one last in force.
///
/// # Errors
/// [`Broken`] if no configuration was ever in force, or its store is not found.
pub(super) fn load_or_last(named: &ConfigArguments) -> Result<UsableConfig, Box<BrokenConfig>> {
    let broken = match config::load_or_salvage(&named.main_file(), &environment_variable) {
        Ok(config) => match config.store.check_location() {
            Ok(()) => {
                return Ok(UsableConfig {
                    config,
                    refusal: None,
                });
            }
            Err(refused) => Box::new(BrokenConfig {
                refused,
                file: config.file,
                stores: Vec::new(),
                admin: config.admin.listen,
                secrets: KnownSecrets::default(),
            }),
        },
        Err(broken) => broken,
    };
    match last_in_force(&broken, named.store.as_deref()) {
        Some((config, since)) => Ok(UsableConfig {
            config,
            refusal: Some(ConfigRefusal {
                refused: broken.refused,
                since,
            }),
        }),
        None => Err(broken),
    }
}

/// Returns the configuration last in force and the time since which it has been. Its store is the one that it
/// was found in.
fn last_in_force(broken: &BrokenConfig, named: Option<&Path>) -> Option<(Config, Timestamp)> {
    let named = named.map(|store| (store.to_owned(), true));
    let found = broken
        .stores
        .iter()
        .cloned()
        .chain(usual_stores(&broken.file));
    let found = found.map(|store| (store, false));
    named
        .into_iter()
        .chain(found)
        .find_map(|(store, is_named)| {
            // A store that cannot be read is not the right one, or is of no use.
            let kept = store::kept_configuration(&store).ok().flatten()?;
            if !is_named && !is_kept_of(&kept, &broken.file) {
                return None;
            }
            let mut config =
                config::load_kept(&kept.files, &broken.secrets, &environment_variable).ok()?;
            config.store.path = store;
            Some((config, kept.since))
        })
}

/// Returns the usual paths of stores.
fn usual_stores(main: &Path) -> Vec<PathBuf> {
    let (folder, store) = PACKAGED;
    let of_unit = std::env::var_os(STATE).map(|folder| Path::new(&folder).join(STORE_NAME));
    let packaged = main.starts_with(folder).then(|| store.into());
    of_unit.into_iter().chain(packaged).collect()
}

/// Returns true if the configuration was read from this main file.
fn is_kept_of(kept: &KeptConfiguration, main: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let first = kept.files.first();
    first.is_some_and(|first| whole(&first.path) == whole(main))
}
