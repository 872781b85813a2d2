//! `tidings sources list`: lists every source: how it is read, where it is configured, and its state.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use clap::Args;
use serde_json::json;

use crate::cli::{CliError, Output, OutputArguments, check, print_json, table};
use crate::config::Config;
use crate::flow::{self, FlowError};
use crate::model::{Layout, Source, SourceId};
use crate::store::{self, Reader, SourceStatus, StoreError};

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let states = flow::source_states(&config.store.path).map_err(FlowError::from)?;
    let layouts = layouts(config)?;
    let known = flow::statuses(config, states);
    let sources = config.sources.iter().zip(&known);
    let gone = known.iter().skip(config.sources.len());
    match arguments.output.output() {
        Output::Table => {
            let mut rows = table::table(&[
                "source",
                "kind",
                "polled",
                "state",
                "configured at",
                "address",
            ]);
            for (source, SourceStatus { id, known, .. }) in sources {
                let place = format!("{}:{}", source.place.file.display(), source.place.line);
                let cadence = check::cadence(&source.cadence);
                let (kind, state) = (source.kind().to_string(), known.state.as_str().to_owned());
                let address = source.location.to_string();
                rows.add_row([id.clone(), kind, cadence, state, place, address]);
            }
            for SourceStatus { id, known, .. } in gone {
                let state = known.state.as_str().to_owned();
                let place = "removed from the files".to_owned();
                let nothing = || "–".to_owned();
                rows.add_row([id.clone(), nothing(), nothing(), state, place, nothing()]);
            }
            Ok(writeln!(io::stdout(), "{}", table::lines(&rows))?)
        }
        Output::Json => {
            let source = |(source, SourceStatus { id, known, .. }): (&Source, &SourceStatus)| {
                json!({
                    "id": id,
                    "name": source.name,
                    "kind": source.kind().as_str(),
                    "url": source.location.to_string(),
                    "file": source.place.file,
                    "line": source.place.line,
                    "cadence": check::cadence(&source.cadence),
                    "state": known.state,
                    "layout": layouts.get(&source.id).map(Layout::as_str),
                })
            };
            let left = |SourceStatus { id, known, .. }: &SourceStatus| {
                json!({
                    "id": id,
                    "name": null,
                    "kind": null,
                    "url": null,
                    "file": null,
                    "line": null,
                    "cadence": null,
                    "state": known.state,
                    "layout": null,
                })
            };
            let sources: Vec<_> = sources.map(source).chain(gone.map(left)).collect();
            print_json(&json!({"sources": sources}))
        }
    }
}

/// Returns the layout of each source that has one: from its block, else the kept one.
fn layouts(config: &Config) -> Result<BTreeMap<SourceId, Layout>, CliError> {
    let kept = store::inspect(&config.store.path, |reader: &Reader| {
        let kept = config.sources.iter().map(|source| {
            let kept = reader.layout(&source.id, source.block())?;
            Ok::<_, StoreError>((source.id.clone(), kept))
        });
        kept.collect::<Result<Vec<_>, _>>()
    });
    let kept = kept.map_err(FlowError::from)?.unwrap_or_default();
    let kept = kept
        .into_iter()
        .filter_map(|(id, kept)| Some((id, kept?.layout)));
    let own = config.sources.iter();
    let own = own.filter_map(|source| Some((source.id.clone(), source.layout.clone()?)));
    Ok(kept.chain(own).collect())
}
