//! `command`: a program whose output is a source's document.

use super::diagnostic::Mistake;
use super::settings::Settings;
use super::table::{ReadKey, Table};
use super::units;
use super::withheld::{self, Withheld};
use crate::model::{CommandLine, Kind, Location, SecretAddress};

/// Returns true if the source is a program instead of an address.
pub(super) fn is_meant(table: &Table, kind: Option<Kind>) -> bool {
    kind == Some(Kind::Command) || table.peek("command").is_some()
}

/// Returns the program and its arguments.
pub(super) fn location(table: &Table, kind: Option<Kind>) -> ReadKey<Location> {
    let timeout = table.duration("timeout", units::interval);
    let withheld = withheld::read(table, "command");
    if let Some(Err(secret)) = withheld {
        return table.given("command", |_| {
            Ok(Location::Secret(SecretAddress {
                secret,
                folder: table.file.resolve(""),
                place: table.place(),
            }))
        });
    }
    let words = match withheld {
        Some(Ok(Withheld::Words(words))) => {
            let at = table.at;
            let words = words.into_iter().map(|word| (at, word)).collect();
            table.given("command", |_| Ok(words))
        }
        _ => table.texts("command", |text| Ok(text.to_owned())),
    };
    let words = table.required("command", words);
    let at = words.at.unwrap_or(table.at);
    if let Some(url) = table.look("url") {
        let mistake = Mistake::new("`url` and `command` exclude one another");
        table.wrong(at.max(url.span.start), mistake);
    }
    if kind != Some(Kind::Command) {
        let mistake = Mistake::new("`command` goes only with `kind = \"command\"`");
        table.wrong(at, mistake.hint("what the program writes is said by `as`"));
    }
    words.read(table, |words| {
        let mut words = words.into_iter().map(|(_, word)| word);
        let program = words.next().filter(|program| !program.trim().is_empty());
        let Some(program) = program else {
            return Err(Mistake::new("`command` names no program")
                .hint(r#"write `["/usr/local/bin/bulletins", "--since", "1d"]`"#));
        };
        // A plain name is looked up in `PATH`.
        let is_path = program.contains('/');
        let path = if is_path {
            table.file.resolve(&program)
        } else {
            program.clone().into()
        };
        if is_path && !path.is_file() {
            let message = format!("there is no file `{program}` now");
            table.warn(at, Mistake::new(message));
        }
        Ok(Location::Command(CommandLine {
            program: path,
            arguments: words.collect(),
            folder: table.file.resolve(""),
            timeout: timeout.value,
        }))
    })
}

/// Refuses keys that only apply to a program, for a source that has an address.
pub(super) fn refuse(table: &Table, own: &Settings) {
    let timeout = table.duration("timeout", units::interval);
    table.known("command");
    for (key, at) in [("timeout", timeout.at), ("as", own.output.at)] {
        if let Some(at) = at {
            let mistake = Mistake::new(format!("`{key}` goes only with `kind = \"command\"`"));
            let hint = match key {
                "as" => "`kind` says what the document is",
                _ => "`timeout` of [fetch] is that of all addresses",
            };
            table.wrong(at, mistake.hint(hint));
        }
    }
}
