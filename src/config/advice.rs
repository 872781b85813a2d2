//! Advice that `check` gives in addition to mistakes: the configuration can be used, but will not do what was intended.
//!
//! In: the files, and the values read from them. Out: advice by place.

use isolang::Language as Known;

use super::MAX_KEPT_BYTES;
use super::diagnostic::{DiagnosticCollector, Mistake};
use super::file::{ParsedFile, SpannedValue, TableEntry, ValueKind};
use super::section::{AdminConfig, ServerConfig};
use crate::model::{Country, Language, ListenAddress, Location, Source};
use crate::topics::Topic;

/// The addresses that serve readers and administrators.
pub(super) struct ListenConfigs<'a> {
    pub(super) server: &'a ServerConfig,
    pub(super) admin: &'a AdminConfig,
}

pub(super) fn advise_on_config(
    files: &[ParsedFile],
    report: &DiagnosticCollector,
    listens: &ListenConfigs<'_>,
    sources: &[Source],
    topics: &[Topic],
) {
    warn_of_size(files, report);
    advise_contact(files, report, sources);
    warn_of_shared_ports(files, report, listens);
    for file in files {
        advise_on_languages(file, report);
    }
    if topics.is_empty() && !sources.is_empty() {
        let mistake = Mistake::new("there is no topic: no feed will be published");
        report.report_advice(&files[0], 0, mistake.hint("add a `[[topic]]`"));
    }
}

/// Warns if the files are too large to be kept. Then no kept configuration replaces them when they have a mistake.
fn warn_of_size(files: &[ParsedFile], report: &DiagnosticCollector) {
    let bytes: usize = files.iter().map(|file| file.text().len()).sum();
    if bytes > MAX_KEPT_BYTES {
        let message = format!(
            "all files together have {bytes} bytes: more than {MAX_KEPT_BYTES} are not kept for a start with a mistake in them"
        );
        let hint = "with a mistake in these files, `tidings run` will not start: run `tidings check` before each start";
        report.report_warning(&files[0], 0, Mistake::new(message).hint(hint));
    }
}

/// Returns the value of a section's key, from any file.
fn find_key<'f>(
    files: &'f [ParsedFile],
    section: &str,
    key: &str,
) -> Option<(&'f ParsedFile, &'f SpannedValue)> {
    files.iter().find_map(|file| {
        let section = file.entries.iter().find(|entry| entry.key == section)?;
        Some((file, &find_entry(&section.value, key)?.value))
    })
}

fn find_entry<'v>(table: &'v SpannedValue, key: &str) -> Option<&'v TableEntry> {
    match &table.kind {
        ValueKind::Table(entries) => entries.iter().find(|entry| entry.key == key),
        _ => None,
    }
}

/// Advises to state a contact: publishers whose sites are polled need someone to write to.
fn advise_contact(files: &[ParsedFile], report: &DiagnosticCollector, sources: &[Source]) {
    let hint = "write an address of mail or of a page, such as `\"ops@bulletins.example\"`: it is sent with every request";
    match find_key(files, "site", "contact") {
        Some((file, value)) => {
            if let ValueKind::Text(text) = &value.kind
                && !is_contact(text)
            {
                let message = format!("`{text}` is neither an address of mail nor of a page");
                report.report_advice(file, value.span.start, Mistake::new(message).hint(hint));
            }
        }
        None if sources.iter().any(is_on_the_web) => {
            let site = files.iter().find_map(|file| {
                let site = file.entries.iter().find(|entry| entry.key == "site")?;
                Some((file, site.at))
            });
            let (file, at) = site.unwrap_or((&files[0], 0));
            let message = "`[site] contact` is missing: publishers cannot write to you";
            report.report_advice(file, at, Mistake::new(message).hint(hint));
        }
        None => {}
    }
}

fn is_on_the_web(source: &Source) -> bool {
    matches!(source.location, Location::Http(_) | Location::Secret(_))
}

/// Returns true if the text has the form of a mail or web address.
fn is_contact(text: &str) -> bool {
    let text = text.trim();
    let is_host = |host: &str| {
        let labels: Vec<&str> = host.split('.').collect();
        let fits = |label: &&str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        labels.len() > 1 && labels.iter().all(fits)
    };
    let mail = text.strip_prefix("mailto:").unwrap_or(text);
    // Mail also allows `Name <mail>`.
    let mail = match mail.split_once('<') {
        Some((_, rest)) => rest.trim_end_matches('>'),
        None => mail,
    };
    if let Some((user, host)) = mail.split_once('@') {
        let is_user = !user.is_empty() && !user.contains(char::is_whitespace);
        return is_user && is_host(host);
    }
    let page = ["https://", "http://"];
    let page = page
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = page.and_then(|rest| rest.split(['/', '?', ':']).next());
    host.is_some_and(is_host)
}

/// Warns of an address that is listened on more than once.
fn warn_of_shared_ports(
    files: &[ParsedFile],
    report: &DiagnosticCollector,
    listens: &ListenConfigs<'_>,
) {
    let of = |section: &'static str,
              listen: &[ListenAddress]|
     -> Vec<(&'static str, usize, ListenAddress)> {
        let listen = listen.iter().enumerate();
        listen
            .map(|(number, listen)| (section, number, listen.clone()))
            .collect()
    };
    let mut all = of("server", &listens.server.listen);
    all.extend(of("admin", &listens.admin.listen));
    for (at, (section, number, listen)) in all.iter().enumerate() {
        let mut before = all.iter().take(at);
        let Some((first, _, taken)) = before.find(|(_, _, taken)| listens_overlap(taken, listen))
        else {
            continue;
        };
        let message = format!(
            "`[{section}]` listens on {listen}, where `[{first}]` listens on {taken} already: the daemon could not start"
        );
        // A default address is not in any file: then the other one is reported.
        let place =
            listen_position(files, section, *number).or_else(|| listen_position(files, first, 0));
        let (file, at) = place.unwrap_or((&files[0], 0));
        report.report_advice(
            file,
            at,
            Mistake::new(message).hint("give each a port of its own"),
        );
    }
}

fn listen_position<'f>(
    files: &'f [ParsedFile],
    section: &str,
    number: usize,
) -> Option<(&'f ParsedFile, usize)> {
    let (file, value) = find_key(files, section, "listen")?;
    match &value.kind {
        ValueKind::List(values) => Some((file, values.get(number)?.span.start)),
        _ => None,
    }
}

/// Returns true if both cannot be listened on at once: the same socket, or the same port of the same address. An
/// unspecified address overlaps with all others.
fn listens_overlap(one: &ListenAddress, other: &ListenAddress) -> bool {
    match (one, other) {
        (ListenAddress::Tcp(one), ListenAddress::Tcp(other)) => {
            let (a, b) = (one.ip().to_canonical(), other.ip().to_canonical());
            let is_one = a == b || a.is_unspecified() || b.is_unspecified();
            one.port() == other.port() && one.port() != 0 && is_one
        }
        (one, other) => one == other,
    }
}

fn advise_on_languages(file: &ParsedFile, report: &DiagnosticCollector) {
    for section in &file.entries {
        match (section.key.as_str(), &section.value.kind) {
            ("site" | "defaults", ValueKind::Table(_)) => {
                advise_on_language(file, report, &section.value);
            }
            ("source", ValueKind::List(blocks)) => {
                for block in blocks {
                    advise_on_language(file, report, block);
                }
            }
            ("topic", ValueKind::List(blocks)) => {
                let titles = blocks.iter().filter_map(|block| find_entry(block, "title"));
                for title in titles {
                    if let ValueKind::Table(names) = &title.value.kind {
                        for name in names {
                            advise_on_tag(file, report, name.at, &name.key);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn advise_on_language(file: &ParsedFile, report: &DiagnosticCollector, table: &SpannedValue) {
    if let Some(entry) = find_entry(table, "language")
        && let ValueKind::Text(text) = &entry.value.kind
    {
        advise_on_tag(file, report, entry.value.span.start, text);
    }
}

/// Advises on a well-formed tag that no language has.
fn advise_on_tag(file: &ParsedFile, report: &DiagnosticCollector, at: usize, text: &str) {
    let Ok(language) = text.parse::<Language>() else {
        return;
    };
    let primary = language.primary();
    let is_known = match primary.len() {
        2 => Known::from_639_1(primary).is_some(),
        // Codes from `qaa` to `qtz` are for private use (ISO 639-2).
        _ => Known::from_639_3(primary).is_some() || ("qaa"..="qtz").contains(&primary),
    };
    if is_known {
        return;
    }
    let mistake = Mistake::new(format!("no language has the code `{primary}` (ISO 639)"));
    let country = primary.to_ascii_uppercase().parse::<Country>();
    let mistake = match country {
        Ok(country) if primary.len() == 2 => mistake.hint(format!(
            "`{country}` is a country: languages are such as `es`, `en` or `pt-BR`"
        )),
        _ => mistake.hint("languages are such as `es`, `en` or `pt-BR`"),
    };
    report.report_advice(file, at, mistake);
}

#[cfg(test)]
mod tests {
    use super::super::load;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("a.toml");
        std::fs::write(&main, text).unwrap();
        let config = load(&main, &|_| None).unwrap();
        let place =
            |place: &crate::model::ConfigPosition| format!("{}:{}", place.line, place.column);
        let told = config.advice.iter();
        let told: Vec<String> = told
            .map(|found| format!("{} {}", place(&found.place), found.message))
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    const SITE: &str = "[site]\ncontact = \"ops@bulletins.example\"\n";
    const TOPIC: &str = "[[topic]]\nid = \"t\"\nquery = \"a\"\n";
    const SOURCE: &str = "[[source]]\nid = \"a\"\nurl = \"https://a.example/\"\n";

    #[test]
    fn a_configuration_without_fault_gets_none() {
        check(&format!("{SITE}{TOPIC}{SOURCE}"), &[]);
    }

    #[test]
    fn somebody_must_be_there_to_be_written_to() {
        let missing = "`[site] contact` is missing: publishers cannot write to you";
        check(&format!("{TOPIC}{SOURCE}"), &[&format!("1:1 {missing}")]);
        check(
            &format!("{TOPIC}{SOURCE}[site]\ntitle = \"A\"\n"),
            &[&format!("7:2 {missing}")],
        );
        let of = |contact: &str| format!("[site]\ncontact = \"{contact}\"\n{TOPIC}{SOURCE}");
        for senseless in [
            "nobody",
            "n/a",
            "-",
            "@",
            "me@",
            "ops@host",
            "https://",
            "a b@c.example",
        ] {
            let message = format!("2:11 `{senseless}` is neither an address of mail nor of a page");
            check(&of(senseless), &[&message]);
        }
        for good in [
            "ops@bulletins.example",
            "mailto:ops@bulletins.example",
            "Ana <ana@bulletins.example>",
            "https://bulletins.example/contact",
        ] {
            check(&of(good), &[]);
        }
    }

    #[test]
    fn a_port_is_listened_on_once() {
        let rest = format!("{SITE}{TOPIC}{SOURCE}");
        let clash = "`[admin]` listens on 127.0.0.1:9000, where `[server]` listens on 0.0.0.0:9000 already: the daemon could not start";
        check(
            &format!(
                "{rest}[server]\nlisten = [\"0.0.0.0:9000\"]\n[admin]\nlisten = [\"127.0.0.1:9000\"]\n"
            ),
            &[&format!("12:11 {clash}")],
        );
        check(
            &format!("{rest}[server]\nlisten = [\"127.0.0.1:8081\"]\n"),
            &[
                "10:11 `[admin]` listens on 127.0.0.1:8081, where `[server]` listens on 127.0.0.1:8081 already: the daemon could not start",
            ],
        );
        check(
            &format!(
                "{rest}[server]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n[admin]\nlisten = [\"127.0.0.2:8080\"]\n"
            ),
            &[],
        );
    }

    #[test]
    fn a_language_is_one_that_there_is() {
        check(
            &format!("{SITE}language = \"xx\"\n{TOPIC}{SOURCE}language = \"mx\"\n"),
            &[
                "3:12 no language has the code `xx` (ISO 639)",
                "10:12 no language has the code `mx` (ISO 639)",
            ],
        );
        check(
            &format!(
                "{SITE}language = \"spa\"\n{SOURCE}language = \"pt-BR\"\n[[topic]]\nid = \"t\"\nquery = \"a\"\ntitle = {{ en = \"A\", sp = \"B\" }}\n"
            ),
            &["11:21 no language has the code `sp` (ISO 639)"],
        );
    }

    #[test]
    fn without_a_topic_nothing_is_published() {
        check(
            &format!("{SITE}{SOURCE}"),
            &["1:1 there is no topic: no feed will be published"],
        );
    }
}
