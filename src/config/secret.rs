//! Values that stay out of the configuration: `{ file = "…" }`, `{ env = "…" }`, `{ credential = "…" }`.

use std::path::Path;

use super::diagnostic::Mistake;
use super::file::{Kind, Value};
use super::include;
use super::table::{Given, Table};
use super::units;

const MAX_BYTES: u64 = 64 << 10;
/// Where systemd puts a unit's credentials (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Reads an environment variable.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A text, and whether it may be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Openly(String),
    Secretly(String),
}

/// The text of `key`, in place or as a secret, whose value no message ever shows.
pub(super) fn text(table: &Table, key: &'static str, environment: Environment) -> Given<Written> {
    let openly = |value: &Value| !matches!(value.kind, Kind::Table(_));
    if table.peek(key).is_none_or(openly) {
        return table.text(key, |text| units::line(text).map(Written::Openly));
    }
    let Given { at, value } = table.table(key);
    let secret = value.and_then(|secret| read(&secret, environment));
    Given {
        at,
        value: secret.map(Written::Secretly),
    }
}

fn read(table: &Table, environment: Environment) -> Option<String> {
    let file = table.text("file", |name| {
        units::line(name).and_then(|name| file(&table.file.resolve(name)))
    });
    let variable = table.text("env", |name| variable(name, environment));
    let credential = table.text("credential", |name| credential(name, environment));
    table.finish(&[]);
    let given = [file, variable, credential];
    if given.iter().filter(|secret| secret.at.is_some()).count() != 1 {
        let message = "a secret is one of `file`, `env` and `credential`";
        table.wrong(table.at, Mistake::new(message));
        return None;
    }
    given.into_iter().find_map(|secret| secret.value)
}

fn file(path: &Path) -> Result<String, Mistake> {
    let refused =
        |reason: String| Mistake::new(format!("`{}` cannot be read: {reason}", path.display()));
    let bytes = include::contents(path, MAX_BYTES).map_err(|error| refused(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8".into()))?;
    value(&text)
}

fn variable(name: &str, environment: Environment) -> Result<String, Mistake> {
    let unset = || Mistake::new(format!("the environment variable `{name}` is not set"));
    value(&environment(name).ok_or_else(unset)?)
}

fn credential(name: &str, environment: Environment) -> Result<String, Mistake> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(Mistake::new(format!(
            "`{}` is no name of a credential",
            name.escape_debug()
        )));
    }
    let folder = environment(CREDENTIALS).ok_or_else(|| {
        Mistake::new(format!(
            "there are no credentials: `${CREDENTIALS}` is not set"
        ))
        .hint("systemd sets it for a unit with `LoadCredential=`")
    })?;
    file(&Path::new(&folder).join(name))
}

fn value(text: &str) -> Result<String, Mistake> {
    match text.trim() {
        "" => Err(Mistake::new("this secret is empty")),
        text if text.len() as u64 > MAX_BYTES => Err(Mistake::new("this secret is too long")),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::Report;
    use super::super::file::File;
    use super::*;

    /// Reads `url` in a file that stands in a folder with a secret.
    fn read(toml: &str) -> Result<Written, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), " s3cret\n").expect("a file");
        std::fs::write(folder.path().join("blank"), "\n").expect("a file");
        std::fs::write(folder.path().join("huge"), vec![b'x'; 70_000]).expect("a file");
        let environment = |name: &str| match name {
            "TOKEN" => Some(" s3cret ".to_owned()),
            "BLANK" => Some(String::new()),
            CREDENTIALS if !toml.contains("unset") => {
                Some(folder.path().to_string_lossy().into_owned())
            }
            _ => None,
        };
        let report = Report::default();
        let file = File::new(0, &folder.path().join("a.toml"), toml.to_owned(), &report);
        let given = text(&Table::top(&file, &report), "url", &environment);
        let shown = |refused: super::super::Refused| {
            refused
                .to_string()
                .replace(&format!("{}/", folder.path().display()), "")
        };
        report.finish().map_err(shown)?;
        Ok(given.value.expect("a value where nothing is wrong"))
    }

    fn check(toml: &str, message: &str) {
        assert_eq!(read(toml), Err(message.to_owned()), "{toml}");
    }

    #[test]
    fn secrets_come_from_elsewhere() {
        let secret = Ok(Written::Secretly("s3cret".into()));
        assert_eq!(read("url = { file = \"token\" }"), secret);
        assert_eq!(read("url = { env = \"TOKEN\" }"), secret);
        assert_eq!(read("url.credential = \"token\""), secret);
        assert_eq!(read("url = \"open\""), Ok(Written::Openly("open".into())));
    }

    #[test]
    fn mistakes_have_a_place() {
        check(
            "url = { env = \"TOKEM\" }",
            "a.toml:1:15: the environment variable `TOKEM` is not set",
        );
        check(
            "url = { env = \"BLANK\" }",
            "a.toml:1:15: this secret is empty",
        );
        check(
            "url = { file = \"blank\" }",
            "a.toml:1:16: this secret is empty",
        );
        check(
            "url = { file = \"huge\" }",
            "a.toml:1:16: `huge` cannot be read: larger than 65536 bytes",
        );
        check(
            "url = { file = \".\" }",
            "a.toml:1:16: `.` cannot be read: not a regular file",
        );
        check(
            "url = { credential = \"../token\" }",
            "a.toml:1:22: `../token` is no name of a credential",
        );
        check(
            "url = { }",
            "a.toml:1:7: a secret is one of `file`, `env` and `credential`",
        );
        check(
            "url = { file = \"token\", env = \"TOKEN\" }",
            "a.toml:1:7: a secret is one of `file`, `env` and `credential`",
        );
        check(
            "url.credential = \"unset\"",
            "a.toml:1:18: there are no credentials: `$CREDENTIALS_DIRECTORY` is not set\n  hint: systemd sets it for a unit with `LoadCredential=`",
        );
    }
}
