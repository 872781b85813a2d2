//! Names a source: by its publisher for people, by host and title for the configuration.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use url::Url;

use crate::languages;
use crate::model::SourceId;
use crate::text::fold_text;

/// Separators between a page's own title and its publisher's name. Each is surrounded by blanks, except for a
/// colon, which follows a word.
const SEPARATORS: [&str; 10] = [
    " | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ",
];

/// Labels of hosts that do not identify anybody.
const NOBODY: [&str; 20] = [
    "www", "www2", "web", "portal", "m", "com", "org", "net", "int", "edu", "gov", "gob", "gub",
    "gouv", "go", "co", "ac", "or", "info", "mil",
];

/// Words of titles that do not identify a section: every source has them.
static NOISE: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.naming.noise));

/// Words of titles that identify a section, not a publisher.
static SECTIONS: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.naming.sections));

/// Words of a title that are used in an id.
const MAX_WORDS: usize = 3;

/// The longest name, in characters.
const MAX_NAME: usize = 200;

/// The longest proposed id, which leaves room for a number.
const MAX_ID: usize = 40;

/// Returns the publisher's stated name, else the part of the title that is not the page's own.
pub(super) fn choose_name(
    site_name: Option<&str>,
    title: Option<&str>,
    heading: Option<&str>,
    url: &Url,
) -> String {
    let host = url.host_str().map(|host| host.trim_start_matches("www."));
    let host = host.map_or_else(|| host_labels(url).join("-"), str::to_owned);
    if let Some(name) = site_name {
        return name.to_owned();
    }
    let Some(title) = title else { return host };
    let parts = title_parts(title);
    let says_nobody = |part: &&str| {
        let mut words = ascii_words(part).peekable();
        words.peek().is_some() && words.all(|word| SECTIONS.contains(word.as_str()))
    };
    let is_heading = |part: &&str| {
        heading.is_some_and(|heading| fold_text(heading) == fold_text(part)) || says_nobody(part)
    };
    let is_host = |part: &&str| {
        let named = host_labels(url);
        let part = fold_text(part).replace(' ', "");
        named
            .iter()
            .any(|label| part.contains(&label.replace('-', "")))
    };
    let others: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !is_heading(part))
        .collect();
    let named = others
        .iter()
        .copied()
        .find(is_host)
        .or(others.last().copied());
    named.map_or(host, str::to_owned)
}

/// Returns an id that is not `taken`: the publisher from the host, and the section from the title or the path.
pub(super) fn choose_id(
    url: &Url,
    name: &str,
    title: Option<&str>,
    taken: &BTreeSet<SourceId>,
) -> SourceId {
    let own = site_label(url).unwrap_or_default();
    let known: BTreeSet<String> = ascii_words(name).chain(ascii_words(&own)).collect();
    let section = title.map(title_parts).unwrap_or_default();
    let section = section
        .into_iter()
        .find(|part| fold_text(part) != fold_text(name));
    let section = section.unwrap_or_default();
    let telling: Vec<String> = ascii_words(section)
        .filter(|word| !known.contains(word) && !NOISE.contains(word.as_str()))
        .take(MAX_WORDS)
        .collect();
    let parts: Vec<String> = [own]
        .into_iter()
        .filter(|own| !own.is_empty())
        .chain(telling)
        .collect();
    let mut stem: String = parts.join("-").chars().take(MAX_ID).collect();
    stem.truncate(stem.trim_end_matches('-').len());
    let stem = if stem.is_empty() {
        "source".to_owned()
    } else {
        stem
    };
    let numbered = (2..).map(|number: usize| format!("{stem}-{number}"));
    let mut free = [stem.clone()]
        .into_iter()
        .chain(numbered)
        .filter_map(|id| id.parse::<SourceId>().ok())
        .filter(|id| !taken.contains(id));
    free.next().expect("there are more numbers than sources")
}

/// Cuts a name to the limit for a line of the configuration.
pub(super) fn shorten_name(name: &str) -> String {
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(MAX_NAME).collect()
}

/// Returns the name of a site for use in an id.
pub(super) fn site_label(url: &Url) -> Option<String> {
    Some(host_labels(url).join("-")).filter(|site| !site.is_empty())
}

/// Returns the labels of a host that identify somebody; for a file, its name.
fn host_labels(url: &Url) -> Vec<String> {
    let plain = |label: &str| ascii_words(label).collect::<Vec<_>>().join("-");
    let filled = |label: &String| !label.is_empty();
    let Some(host) = url.domain() else {
        let file = url.path().rsplit('/').next().unwrap_or_default();
        let stem = file.split('.').next().unwrap_or_default();
        let named = plain(url.host_str().unwrap_or(stem));
        return [named].into_iter().filter(filled).collect();
    };
    let mut labels: Vec<&str> = host.split('.').collect();
    if labels.len() > 1 {
        labels.pop();
    }
    let named = labels.iter().filter(|label| !NOBODY.contains(label));
    let named: Vec<String> = named.map(|label| plain(label)).filter(filled).collect();
    if named.is_empty() {
        labels
            .last()
            .map(|label| plain(label))
            .into_iter()
            .collect()
    } else {
        named
    }
}

/// Returns the ASCII words of a text in lower case.
fn ascii_words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold_text(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

fn title_parts(title: &str) -> Vec<&str> {
    let mut parts = vec![title];
    for separator in SEPARATORS {
        parts = parts
            .into_iter()
            .flat_map(|part| part.split(separator))
            .collect();
    }
    let parts = parts.into_iter().map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, title: &str, heading: Option<&str>, expected: (&str, &str)) {
        let url: Url = address.parse().unwrap();
        let name = choose_name(None, Some(title), heading, &url);
        let id = choose_id(&url, &name, Some(title), &BTreeSet::new());
        assert_eq!((name.as_str(), id.as_str()), expected, "{address} {title}");
    }

    #[test]
    fn a_title_tells_the_section_and_the_publisher() {
        check(
            "https://www.salud.gob.gt/noticias",
            "Noticias | Ministerio de Salud Pública",
            Some("Noticias"),
            ("Ministerio de Salud Pública", "salud-noticias"),
        );
        check(
            "https://harbour.example/notices",
            "Harbour Office – Notices to mariners",
            None,
            ("Harbour Office", "harbour-notices-to-mariners"),
        );
        check(
            "https://programamesocaribe.iom.int/en/news",
            "News",
            Some("News"),
            ("programamesocaribe.iom.int", "programamesocaribe-iom-news"),
        );
        check(
            "https://a.example/",
            "東京都 | ニュース",
            None,
            ("ニュース", "a"),
        );
        check(
            "file:///srv/news.html",
            "News of the valley",
            None,
            ("News of the valley", "news"),
        );
        check(
            "http://127.0.0.1:8000/x",
            "Water board",
            None,
            ("Water board", "127-0-0-1"),
        );
        check("https://www.com/", "", None, ("com", "www"));
        check("file:///srv/a%20b.txt", "", None, ("a-20b", "a-20b"));
    }

    #[test]
    fn an_id_is_free() {
        let url: Url = "https://harbour.example/".parse().unwrap();
        let taken = ["harbour", "harbour-2"].map(|id| id.parse().unwrap());
        let id = choose_id(&url, "Harbour", None, &taken.into_iter().collect());
        assert_eq!(id.as_str(), "harbour-3");
    }

    #[test]
    fn what_the_site_calls_itself_goes_first() {
        let url: Url = "https://harbour.example/".parse().unwrap();
        let named = |site, title| choose_name(site, title, None, &url);
        assert_eq!(named(Some("Port"), Some("News | Other")), "Port");
        assert_eq!(named(None, None), "harbour.example");
    }
}
