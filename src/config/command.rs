//! `command`: a program whose output is a source's document.

use super::diagnostic::Mistake;
use super::settings::SourceKeys;
use super::table::{ConfigTable, ReadKey};
use super::units;
use super::withheld::{self, WithheldValue};
use crate::model::{CommandLine, Location, SecretAddress, SourceKind};

/// Returns true if the source is a program instead of an address.
pub(super) fn is_command_source(table: &ConfigTable, kind: Option<SourceKind>) -> bool {
    kind == Some(SourceKind::Command) || table.peek_value("command").is_some()
}

/// Returns the program and its arguments.
pub(super) fn read_command(table: &ConfigTable, kind: Option<SourceKind>) -> ReadKey<Location> {
    let timeout = table.read_duration("timeout", units::parse_interval);
    let withheld = withheld::read_withheld(table, "command");
    if let Some(Err(secret)) = withheld {
        return table.read_value("command", |_| {
            Ok(Location::Secret(SecretAddress {
                secret,
                folder: table.file.resolve_path(""),
                place: table.place(),
            }))
        });
    }
    let words = match withheld {
        Some(Ok(WithheldValue::Words(words))) => {
            let at = table.at;
            let words = words.into_iter().map(|word| (at, word)).collect();
            table.read_value("command", |_| Ok(words))
        }
        _ => table.read_texts("command", |text| Ok(text.to_owned())),
    };
    let words = table.require_key("command", words);
    let at = words.at.unwrap_or(table.at);
    if let Some(url) = table.take_value("url") {
        let mistake = Mistake::new("`url` and `command` exclude one another");
        table.report_mistake(at.max(url.span.start), mistake);
    }
    if kind != Some(SourceKind::Command) {
        let mistake = Mistake::new("`command` goes only with `kind = \"command\"`");
        table.report_mistake(at, mistake.hint("what the program writes is said by `as`"));
    }
    words.convert(table, |words| {
        let mut words = words.into_iter().map(|(_, word)| word);
        let program = words.next().filter(|program| !program.trim().is_empty());
        let Some(program) = program else {
            return Err(Mistake::new("`command` names no program")
                .hint(r#"write `["/usr/local/bin/bulletins", "--since", "1d"]`"#));
        };
        // A plain name is looked up in `PATH`.
        let is_path = program.contains('/');
        let path = if is_path {
            table.file.resolve_path(&program)
        } else {
            program.clone().into()
        };
        if is_path && !path.is_file() {
            let message = format!("there is no file `{program}` now");
            table.report_warning(at, Mistake::new(message));
        }
        Ok(Location::Command(CommandLine {
            program: path,
            arguments: words.collect(),
            folder: table.file.resolve_path(""),
            timeout: timeout.value,
        }))
    })
}

/// Refuses keys that only apply to a program, for a source that has an address.
pub(super) fn refuse_command_keys(table: &ConfigTable, own: &SourceKeys) {
    let timeout = table.read_duration("timeout", units::parse_interval);
    table.mark_known("command");
    for (key, at) in [("timeout", timeout.at), ("as", own.output.at)] {
        if let Some(at) = at {
            let mistake = Mistake::new(format!("`{key}` goes only with `kind = \"command\"`"));
            let hint = match key {
                "as" => "`kind` says what the document is",
                _ => "`timeout` of [fetch] is that of all addresses",
            };
            table.report_mistake(at, mistake.hint(hint));
        }
    }
}
