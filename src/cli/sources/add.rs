//! `tidings sources add`: examines an address and writes its block into the right file.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use url::Url;

use super::patch;
use super::replace::FileEdit;
use crate::cli::choice::{self, ListAnswer, ListQuestion};
use crate::cli::discover::{LookTarget, describe_proposal, find_configured, visit_target};
use crate::cli::{CliError, parse_address, parse_timestamp};
use crate::config::{self, Config, edit};
use crate::discover::{self, SourceBlock, SourceProposal};
use crate::model::{ConfigPosition, Location, SourceId, Timestamp};

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The address to add
    #[arg(value_parser = parse_address)]
    url: Url,
    /// The file to write to [default: the file with its host's sources, else a new one, else the main file]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The source's id [default: from its host and title]
    #[arg(long)]
    id: Option<SourceId>,
    /// The source's name for people [default: its site's name]
    #[arg(long)]
    name: Option<String>,
    /// The polling interval [default: adapts to how often it changes]
    #[arg(long, value_parser = config::parse_interval, value_name = "DURATION")]
    every: Option<Duration>,
    /// Use the list with this number, without asking
    #[arg(long, value_parser = choice::parse_list_number, value_name = "N")]
    list: Option<usize>,
    /// Use the best proposal without asking
    #[arg(long)]
    yes: bool,
    /// Show the change for the best proposal or --list, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Use this as the time of reading
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    if let Some(id) = &arguments.id {
        refuse_taken_id(config, id)?;
    }
    let target = LookTarget::Address(arguments.url.clone());
    let visited = visit_target(&target, Some(config), arguments.now).await?;
    let proposal = visited.propose_source(Some(config), arguments.list)?;
    refuse_configured(config, &proposal)?;
    let answer = if arguments.is_interactive() {
        ask_for_source(&proposal)?
    } else {
        ListAnswer::First
    };
    let proposal = match answer {
        ListAnswer::First => proposal,
        ListAnswer::List(list) => visited.propose_source(Some(config), Some(list))?,
        ListAnswer::Stop => return Ok(writeln!(io::stdout(), "nothing was written")?),
    };
    refuse_configured(config, &proposal)?;
    write_block(arguments, config, proposal)
}

impl Arguments {
    /// Returns true if a user is at the terminal and has not chosen yet.
    fn is_interactive(&self) -> bool {
        let is_chosen = self.yes || self.dry_run || self.list.is_some();
        !is_chosen && io::stdin().is_terminal() && io::stdout().is_terminal()
    }
}

fn ask_for_source(proposal: &SourceProposal) -> io::Result<ListAnswer> {
    let question = ListQuestion {
        proposed: &describe_proposal(proposal),
        items: &proposal.items,
        list: proposal.list,
        choices: &proposal.choices,
    };
    choice::ask_for_list(&mut io::stdin().lock(), &mut io::stdout().lock(), &question)
}

fn refuse_configured(config: &Config, proposal: &SourceProposal) -> Result<(), CliError> {
    let found = find_configured(config, &proposal.source.location);
    found.map_or(Ok(()), |(id, place)| {
        Err(CliError::Usage(format!(
            "this address is already configured as `{id}` at {place}"
        )))
    })
}

/// Writes the block into its file, or shows the change.
fn write_block(
    arguments: &Arguments,
    config: &Config,
    proposal: SourceProposal,
) -> Result<(), CliError> {
    let proposed = proposal.block;
    let block = SourceBlock {
        id: arguments.id.clone().unwrap_or(proposed.id),
        name: arguments.name.clone().unwrap_or(proposed.name),
        every: arguments.every.or(proposed.every),
        ..proposed
    };
    let file = match &arguments.to {
        Some(file) => file.clone(),
        None => file_for(config, &proposal.source.location, &block),
    };
    let edit = FileEdit::new(file, |text| edit::add_source(text, &block.to_string()))?;
    let checked = edit.check_config(config, &block.id)?;
    let mut out = io::stdout().lock();
    if arguments.dry_run {
        let name = edit.shown.display().to_string();
        write!(
            out,
            "{}",
            patch::unified_diff(&name, &edit.before, &edit.after)
        )?;
        return Ok(());
    }
    edit.write_file()?;
    let added = checked.sources.iter().find(|source| source.id == block.id);
    let place = added.map_or(String::new(), |source| file_and_line(&source.place));
    writeln!(out, "{block}")?;
    let count = proposal.items.len();
    writeln!(
        out,
        "added at {place}: {count} items now. Next: `tidings reload`"
    )?;
    Ok(())
}

/// Formats file and line, relative to the current directory if possible.
fn file_and_line(place: &ConfigPosition) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let file = place.file.strip_prefix(here).unwrap_or(&place.file);
    format!("{}:{}", file.display(), place.line)
}

fn refuse_taken_id(config: &Config, id: &SourceId) -> Result<(), CliError> {
    let taken = config.sources.iter().find(|source| source.id == *id);
    taken.map_or(Ok(()), |source| {
        let place = &source.place;
        Err(CliError::Usage(format!(
            "the id `{id}` is already in use at {place}"
        )))
    })
}

/// Returns the only file that contains sources of the same host, else a file of its country or host that the
/// configuration includes or would include, else the main file.
fn file_for(config: &Config, location: &Location, block: &SourceBlock) -> PathBuf {
    let host = |location: &Location| match location {
        Location::Http(url) => url.expose().host_str().map(str::to_owned),
        Location::File(_) | Location::Command(_) | Location::Secret(_) => None,
    };
    let own = host(location);
    let neighbours = config
        .sources
        .iter()
        .filter(|source| own.is_some() && host(&source.location) == own);
    let files: BTreeSet<&PathBuf> = neighbours.map(|source| &source.place.file).collect();
    if let (Some(file), 1) = (files.first(), files.len()) {
        return (*file).clone();
    }
    let country = block
        .country
        .map(|country| country.as_str().to_ascii_lowercase());
    let site = match location {
        Location::Http(url) => discover::site_word(url.expose()),
        Location::File(_) | Location::Command(_) | Location::Secret(_) => None,
    };
    let files = |stem: &Option<String>| {
        stem.as_deref()
            .and_then(|stem| matching_include(&config.file, stem))
    };
    let of_country = files(&country).filter(|file| file.exists());
    of_country
        .or_else(|| files(&site))
        .unwrap_or_else(|| config.file.clone())
}

/// Returns the file with this name that a pattern of `include` matches, or would match.
fn matching_include(main: &Path, stem: &str) -> Option<PathBuf> {
    let text = config::edit::include_patterns(&super::replace::read_file(main).ok()?);
    let folder = main.parent()?;
    let mut names = text.iter().filter_map(|pattern| {
        let (before, after) = pattern.split_once('*')?;
        let plain = !after.contains(['*', '?', '[', '/']) && !before.contains(['?', '[']);
        let whole = before.is_empty() || before.ends_with('/');
        (plain && whole).then(|| folder.join(format!("{before}{stem}{after}")))
    });
    names.find(|file| file.parent().is_some_and(Path::is_dir))
}
