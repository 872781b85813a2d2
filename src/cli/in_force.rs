//! The configuration for commands that need no list of sources as it is in the files now: where these have a mistake, the
//! one last in force, which the store keeps.
//!
//! Where the store is, the files say, however torn: each place that they name is looked at, then the usual ones. One counts
//! only if what it keeps was read from the same main file, unless `--store` names it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{CliError, ConfigArguments, environment};
use crate::config::{self, Broken, Config, KnownSecrets, Refused};
use crate::model::{Listen, Timestamp};
use crate::store::{self, KeptConfiguration};

/// Mistakes that a command tells beside its answer.
const TOLD: usize = 10;

/// Where the package has the configuration, and the store.
const PACKAGED: (&str, &str) = ("/etc/tidings", "/var/lib/tidings/tidings.db");
/// Where systemd says that a unit keeps its state (systemd.exec(5)).
const STATE: &str = "STATE_DIRECTORY";
const STORE_NAME: &str = "tidings.db";

/// A configuration that can be used.
pub(super) struct Usable {
    pub(super) config: Config,
    /// Why it is not the one of the files.
    pub(super) refusal: Option<Refusal>,
}

/// Why the files do not count.
pub(super) struct Refusal {
    refused: Refused,
    /// Since when the one that does is in force.
    pub(super) since: Timestamp,
}

impl Refusal {
    /// The mistakes, a line each, and hints below them.
    pub(super) fn lines(&self) -> Vec<String> {
        self.refused
            .to_string()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Says on stderr on what the answer rests, and why.
    fn warn(&self) -> io::Result<()> {
        let mut err = io::stderr().lock();
        let since = self.since.format("%Y-%m-%d %H:%M UTC");
        writeln!(
            err,
            "warning: the configuration has mistakes; this rests on the one in force since {since}"
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
pub(super) fn load(named: &ConfigArguments) -> Result<Config, CliError> {
    let usable = load_usable(named).map_err(|broken| broken.refused)?;
    Ok(usable.config)
}

/// Reads the configuration as [`usable`] does. Warns on stderr, and keeps why.
pub(super) fn load_usable(named: &ConfigArguments) -> Result<Usable, Box<Broken>> {
    let usable = usable(named)?;
    let warned = match &usable.refusal {
        Some(refusal) => refusal.warn(),
        None => super::warn(&usable.config),
    };
    // With stderr closed there is nobody to warn.
    drop(warned);
    Ok(usable)
}

/// Returns where the daemon answers administrators, whatever the files say: where the configuration in force listens, then
/// where the files would have it.
pub(super) fn admin(named: &ConfigArguments) -> Result<Vec<Listen>, CliError> {
    match config::load_or_salvage(&named.file(), &environment) {
        Ok(config) => {
            super::warn(&config)?;
            let kept = store::kept_configuration(&config.store.path).ok().flatten();
            let kept = kept.and_then(|kept| {
                let secrets = KnownSecrets::default();
                config::load_kept(&kept.files, &secrets, &environment).ok()
            });
            let kept = kept.map(|kept| kept.admin.listen).unwrap_or_default();
            let noted = store::admin_places(&config.store.path);
            Ok(each_once(
                config.admin.listen.into_iter().chain(kept).chain(noted),
            ))
        }
        Err(broken) => {
            let kept = last(&broken, named.store.as_deref()).map(|(kept, _)| kept);
            let noted = kept
                .as_ref()
                .map(|kept| store::admin_places(&kept.store.path));
            let kept = kept.map(|kept| kept.admin.listen).unwrap_or_default();
            let noted = noted.unwrap_or_default();
            Ok(each_once(kept.into_iter().chain(broken.admin).chain(noted)))
        }
    }
}

fn each_once(places: impl Iterator<Item = Listen>) -> Vec<Listen> {
    let mut once = Vec::new();
    for place in places {
        if !once.contains(&place) {
            once.push(place);
        }
    }
    once
}

/// Returns the configuration of the files, else the one last in force.
///
/// # Errors
/// [`Broken`] where none was ever in force, or its store is not found.
pub(super) fn usable(named: &ConfigArguments) -> Result<Usable, Box<Broken>> {
    let broken = match config::load_or_salvage(&named.file(), &environment) {
        Ok(config) => match config.store.known() {
            Ok(()) => {
                return Ok(Usable {
                    config,
                    refusal: None,
                });
            }
            Err(refused) => Box::new(Broken {
                refused,
                file: config.file,
                stores: Vec::new(),
                admin: config.admin.listen,
                secrets: KnownSecrets::default(),
            }),
        },
        Err(broken) => broken,
    };
    match last(&broken, named.store.as_deref()) {
        Some((config, since)) => Ok(Usable {
            config,
            refusal: Some(Refusal {
                refused: broken.refused,
                since,
            }),
        }),
        None => Err(broken),
    }
}

/// The configuration last in force, and since when it is; its store is where it was found.
fn last(broken: &Broken, named: Option<&Path>) -> Option<(Config, Timestamp)> {
    let named = named.map(|store| (store.to_owned(), true));
    let found = broken.stores.iter().cloned().chain(usual(&broken.file));
    let found = found.map(|store| (store, false));
    named
        .into_iter()
        .chain(found)
        .find_map(|(store, is_named)| {
            // A store that cannot be read is not the one that is looked for, or of no use.
            let kept = store::kept_configuration(&store).ok().flatten()?;
            if !is_named && !is_of(&kept, &broken.file) {
                return None;
            }
            let mut config = config::load_kept(&kept.files, &broken.secrets, &environment).ok()?;
            config.store.path = store;
            Some((config, kept.since))
        })
}

/// Places where stores usually are.
fn usual(main: &Path) -> Vec<PathBuf> {
    let (folder, store) = PACKAGED;
    let of_unit = std::env::var_os(STATE).map(|folder| Path::new(&folder).join(STORE_NAME));
    let packaged = main.starts_with(folder).then(|| store.into());
    of_unit.into_iter().chain(packaged).collect()
}

/// Whether it was read from this main file.
fn is_of(kept: &KeptConfiguration, main: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let first = kept.files.first();
    first.is_some_and(|first| whole(&first.path) == whole(main))
}
