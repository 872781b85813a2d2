//! `tidings sources list`: lists every source: how it is read, where it is configured, and its state.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use clap::Args;
use serde_json::json;

use crate::cli::{CliError, Output, OutputArguments, check, print_json, table};
use crate::config::Config;
use crate::flow::{self, FlowError};
use crate::model::{Layout, Source, SourceId};
use crate::store::{self, SourceStatus, StoreError, StoreReader};

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let states = flow::source_states(&config.store.path).map_err(FlowError::from)?;
    let layouts = source_layouts(config)?;
    let known = flow::source_statuses(config, states);
    let sources = config.sources.iter().zip(&known);
    let gone = known.iter().skip(config.sources.len());
    match arguments.output.chosen_output() {
        Output::Table => {
            let mut rows = table::new_table(&[
                "source",
                "kind",
                "polled",
                "state",
                "configured at",
                "address",
            ]);
            for (source, SourceStatus { id, known, .. }) in sources {
                let place = format!("{}:{}", source.place.file.display(), source.place.line);
                let cadence = check::describe_cadence(&source.cadence);
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
            Ok(writeln!(io::stdout(), "{}", table::table_lines(&rows))?)
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
                    "cadence": check::describe_cadence(&source.cadence),
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
fn source_layouts(config: &Config) -> Result<BTreeMap<SourceId, Layout>, CliError> {
    let kept = store::inspect_store(&config.store.path, |reader: &StoreReader| {
        let kept = config.sources.iter().map(|source| {
            let kept = reader.kept_layout(&source.id, source.block_hash())?;
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
