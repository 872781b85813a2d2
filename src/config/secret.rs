//! Values kept outside the configuration: `{ file = "…" }`, `{ env = "…" }`, `{ credential = "…" }`.
//!
//! Reading the configuration yields the reference; the value is read only when it is needed.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::address;
use super::diagnostic::Mistake;
use super::file::{SpannedValue, ValueKind};
use super::include;
use super::table::{ConfigTable, ReadKey};
use super::units;
use super::withheld::{self, WithheldValue};
use crate::model::{Location, Secret, Source};

const MAX_BYTES: u64 = 64 << 10;
/// The variable with the folder of a unit's credentials (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Reads an environment variable.
pub(super) type EnvironmentLookup<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A text, or a reference to a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TextOrSecret {
    Openly(String),
    Secretly(Secret),
}

/// The reason why a secret is unavailable. It never shows the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read here, although the daemon may be able to.
    #[error("{0}")]
    Unreadable(String),
    /// The configuration in force is a kept one, which contains no secrets.
    #[error(
        "the configuration last in force is kept without secrets, and `{}` does not tell this one",
        .0.display()
    )]
    NotKept(PathBuf),
    /// Its value is not valid.
    #[error("{0}")]
    Wrong(String),
}

impl SecretError {
    /// Returns what to do about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::NotKept(_) => {
                "correct the configuration, whose mistakes `tidings check` shows, and run `tidings reload`"
            }
            Self::Unreadable(_) | Self::Wrong(_) => {
                "the daemon's user must be able to read what `url` refers to; a variable or a credential that was added takes a restart"
            }
        }
    }
}

/// Reads the text of `key`, given directly or as a secret, which is not read yet.
pub(super) fn read_text_or_secret(
    table: &ConfigTable,
    key: &'static str,
    environment: EnvironmentLookup,
) -> ReadKey<TextOrSecret> {
    match withheld::read_withheld(table, key) {
        Some(Ok(WithheldValue::Text(text))) => {
            return table.read_value(key, |_| Ok(TextOrSecret::Openly(text)));
        }
        Some(Err(secret)) => return table.read_value(key, |_| Ok(TextOrSecret::Secretly(secret))),
        Some(Ok(WithheldValue::Words(_))) | None => {}
    }
    let openly = |value: &SpannedValue| !matches!(value.kind, ValueKind::Table(_));
    if table.peek_value(key).is_none_or(openly) {
        return table.read_text(key, |text| {
            units::parse_line(text).map(TextOrSecret::Openly)
        });
    }
    let ReadKey { at, value } = table.read_table(key);
    let secret = value.and_then(|secret| read_reference(&secret, environment));
    ReadKey {
        at,
        value: secret.map(TextOrSecret::Secretly),
    }
}

fn read_reference(table: &ConfigTable, environment: EnvironmentLookup) -> Option<Secret> {
    let file = table.read_text("file", |name| {
        let name = units::parse_line(name)?;
        Ok(Secret::File(table.file.resolve_path(name)))
    });
    let variable = table.read_text("env", |name| {
        let name = units::parse_line(name)?;
        let value = environment(&name);
        Ok(Secret::Variable { name, value })
    });
    let credential = table.read_text("credential", |name| parse_credential(name, environment));
    table.refuse_unknown_keys(&[]);
    let given = [file, variable, credential];
    if given.iter().filter(|secret| secret.at.is_some()).count() != 1 {
        let message = "a secret is one of `file`, `env` and `credential`";
        table.report_mistake(table.at, Mistake::new(message));
        return None;
    }
    given.into_iter().find_map(|secret| secret.value)
}

fn parse_credential(name: &str, environment: EnvironmentLookup) -> Result<Secret, Mistake> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(Mistake::new(format!(
            "`{}` is no name of a credential",
            name.escape_debug()
        )));
    }
    Ok(Secret::Credential {
        name: name.to_owned(),
        folder: environment(CREDENTIALS).map(Into::into),
    })
}

/// Reads a secret.
pub(super) fn read_secret(secret: &Secret) -> Result<String, SecretError> {
    match secret {
        Secret::File(path) => read_secret_file(path),
        Secret::Variable { name, value: found } => match found {
            Some(found) => check_secret(found),
            None => Err(SecretError::Unreadable(format!(
                "the environment variable `{name}` is not set"
            ))),
        },
        Secret::NotKept { file, .. } => Err(SecretError::NotKept(file.clone())),
        Secret::Credential { name, folder } => match folder {
            Some(folder) => read_secret_file(&folder.join(name)),
            None => Err(SecretError::Unreadable(format!(
                "the credential `{name}` is not here: `${CREDENTIALS}`, which systemd sets for a unit with `LoadCredential=`, is not set"
            ))),
        },
    }
}

fn read_secret_file(path: &Path) -> Result<String, SecretError> {
    let named = path.display();
    let bytes = include::read_bounded_file(path, MAX_BYTES)
        .map_err(|error| SecretError::Unreadable(format!("`{named}` cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| SecretError::Wrong(format!("the secret in `{named}` is not UTF-8")))?;
    check_secret(&text)
}

/// Returns the source with the address that its secret contains, ready to be fetched; unchanged if its address is not
/// secret.
///
/// # Errors
/// [`SecretError`]
pub fn resolve_source(source: &Source) -> Result<Cow<'_, Source>, SecretError> {
    let Location::Secret(address) = &source.location else {
        return Ok(Cow::Borrowed(source));
    };
    let text = read_secret(&address.secret)?;
    let location = address::parse_secret_location(&text, &address.folder)
        .map_err(|mistake| SecretError::Wrong(mistake.message))?;
    Ok(Cow::Owned(Source {
        location,
        ..source.clone()
    }))
}

fn check_secret(text: &str) -> Result<String, SecretError> {
    match text.trim() {
        "" => Err(SecretError::Wrong("this secret is empty".to_owned())),
        text if text.len() as u64 > MAX_BYTES => {
            Err(SecretError::Wrong("this secret is too long".to_owned()))
        }
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnostic::DiagnosticCollector;
    use super::super::file::ParsedFile;
    use super::*;

    /// Reads `url` in a file within a folder of secrets; returns the problem with the reference, or else with the
    /// secret.
    fn secret(toml: &str) -> Result<String, String> {
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
        let report = DiagnosticCollector::default();
        let file = ParsedFile::new(0, &folder.path().join("a.toml"), toml.to_owned(), &report);
        let given = read_text_or_secret(&ConfigTable::root(&file, &report), "url", &environment);
        let shown = |told: String| told.replace(&format!("{}/", folder.path().display()), "");
        report
            .into_warnings()
            .map_err(|refused| shown(refused.to_string()))?;
        match given.value.expect("a value where nothing is wrong") {
            TextOrSecret::Openly(text) => Ok(text),
            TextOrSecret::Secretly(secret) => {
                assert!(!format!("{secret:?}").contains("s3cret"), "{secret:?}");
                read_secret(&secret).map_err(|error| shown(error.to_string()))
            }
        }
    }

    fn check(toml: &str, message: &str) {
        assert_eq!(secret(toml), Err(message.to_owned()), "{toml}");
    }

    #[test]
    fn secrets_come_from_elsewhere() {
        let found = Ok("s3cret".to_owned());
        assert_eq!(secret("url = { file = \"token\" }"), found);
        assert_eq!(secret("url = { env = \"TOKEN\" }"), found);
        assert_eq!(secret("url.credential = \"token\""), found);
        assert_eq!(secret("url = \"open\""), Ok("open".to_owned()));
    }

    #[test]
    fn mistakes_in_a_reference_have_a_place() {
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
    }

    #[test]
    fn a_secret_that_cannot_be_had_says_why() {
        check(
            "url = { env = \"TOKEM\" }",
            "the environment variable `TOKEM` is not set",
        );
        check("url = { env = \"BLANK\" }", "this secret is empty");
        check("url = { file = \"blank\" }", "this secret is empty");
        check(
            "url = { file = \"huge\" }",
            "`huge` cannot be read: larger than 65536 bytes",
        );
        check(
            "url = { file = \".\" }",
            "`.` cannot be read: not a regular file",
        );
        check(
            "url.credential = \"unset\"",
            "the credential `unset` is not here: `$CREDENTIALS_DIRECTORY`, which systemd sets for a unit with `LoadCredential=`, is not set",
        );
    }
}
