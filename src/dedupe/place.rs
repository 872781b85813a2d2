//! Extracts information from an address: its slug, its publisher, its language.

use url::Url;

use super::tokens::{hash, mix};

/// Minimum number of words of a slug; a shorter one may belong to many pages (`news`, `about-us`).
const SLUG_WORDS: usize = 4;

/// The information in an address.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AddressFacts<'a> {
    /// The last part of the path that reads like a title.
    pub(super) slug: Option<&'a str>,
    /// The path under the domain that the publisher owns, as a hash, if it has a slug: twin hosts (`www2.`,
    /// `mirror.`) share it.
    pub(super) page: Option<u64>,
    /// The host without labels of languages and twins, as a hash.
    pub(super) publisher: u64,
    /// The language given by host, path or query.
    pub(super) tongue: Option<Tongue>,
    /// The address without that language, as a hash.
    pub(super) neutral: Option<u64>,
}

/// A language in an address: two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tongue(u8);

const TONGUES: [&str; 12] = [
    "en", "es", "fr", "pt", "de", "it", "nl", "ar", "ru", "zh", "ht", "ca",
];
/// Labels of hosts of the same publisher.
const LABELS: [&str; 10] = [
    "www", "www2", "m", "amp", "mobile", "portal", "news", "mirror", "web", "antigo",
];

impl Tongue {
    /// Parses `es`, `es-MX`, `pt_BR`.
    fn of(label: &str) -> Option<Self> {
        let (tongue, region) = label.split_once(['-', '_']).unwrap_or((label, "xx"));
        let at = TONGUES
            .iter()
            .position(|known| tongue.eq_ignore_ascii_case(known))?;
        (region.len() == 2).then_some(())?;
        u8::try_from(at + 1).ok().map(Self)
    }

    /// Returns a number from 1.
    pub(super) fn code(self) -> u8 {
        self.0
    }
}

/// Analyses `url`; `address` is its comparable spelling.
pub(super) fn of<'a>(url: &'a Url, address: Option<&str>) -> AddressFacts<'a> {
    let host = url.host_str().unwrap_or_default();
    let own = host.split('.').count().saturating_sub(2);
    let labels = host.split('.').enumerate();
    let kept = labels
        .filter(|(at, label)| *at >= own || !LABELS.contains(label) && Tongue::of(label).is_none());
    let publisher = kept.fold(0, |all, (_, label)| mix(all ^ hash(label)));
    let in_host = host.split('.').take(own).find_map(Tongue::of);
    let in_path = url.path().split('/').find_map(Tongue::of);
    let in_query = url
        .query()
        .and_then(|query| query.split('&').find_map(asked))
        .and_then(Tongue::of);
    let tongue = in_host.or(in_path).or(in_query);
    let slug = slug(url.path());
    AddressFacts {
        slug,
        page: slug.and(address).map(page),
        publisher,
        tongue,
        neutral: tongue.map(|_| neutral(url, publisher)),
    }
}

/// Hashes an address with its host reduced to the registered domain.
fn page(address: &str) -> u64 {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let mut labels = host.rsplit('.');
    let (top, second, third) = (labels.next(), labels.next(), labels.next());
    // Below `co.uk`, `gob.mx`, `com.br`, the third label is the registered one.
    let is_shared =
        second.is_some_and(|label| label.len() <= 3 || label == "gouv") && third.is_some();
    let owned = if is_shared { third } else { second };
    [top, owned]
        .into_iter()
        .flatten()
        .fold(hash(path), |all, label| mix(all ^ hash(label)))
}

/// Returns the language that a parameter requests.
fn asked(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    matches!(
        name,
        "lang" | "language" | "hl" | "locale" | "idioma" | "lng"
    )
    .then_some(value)
}

fn neutral(url: &Url, publisher: u64) -> u64 {
    let segments = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty() && Tongue::of(segment).is_none());
    let path = segments.fold(publisher, |all, segment| mix(all ^ hash(segment)));
    let pairs = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && asked(pair).is_none());
    pairs.fold(path, |all, pair| mix(all ^ hash(pair)))
}

/// Returns the last part of a path that reads like a title, without its extension and the number of the page.
fn slug(path: &str) -> Option<&str> {
    let reads = |part: &&str| part.split(['-', '_']).filter(is_word).count() >= SLUG_WORDS;
    let part = path.rsplit('/').find(reads)?;
    let stem = part.split('.').find(reads).unwrap_or(part);
    Some(stem)
}

fn is_word(word: &&str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .any(|byte| byte.is_ascii_alphabetic() || byte == b'%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::comparable;

    fn told(
        url: &str,
    ) -> (
        Option<String>,
        u64,
        Option<u64>,
        Option<Tongue>,
        Option<u64>,
    ) {
        let url = Url::parse(url).unwrap();
        let address = comparable(&url);
        let told = of(&url, address.as_deref());
        (
            told.slug.map(str::to_owned),
            told.publisher,
            told.page,
            told.tongue,
            told.neutral,
        )
    }

    #[test]
    fn the_slug_is_what_reads_like_a_title() {
        let check =
            |url: &str, slug: Option<&str>| assert_eq!(told(url).0.as_deref(), slug, "{url}");
        let slug = Some("shelters-open-after-the-flood");
        check(
            "https://a.example/2026/06/shelters-open-after-the-flood/",
            slug,
        );
        check(
            "https://a.example/n/shelters-open-after-the-flood.html?x=1",
            slug,
        );
        check("https://a.example/shelters-open-after-the-flood/amp", slug);
        check("https://a.example/about-us", None);
        check("https://a.example/2026-06-01-12345", None);
    }

    #[test]
    fn twin_hosts_share_a_page_and_others_do_not() {
        let page = |host: &str| told(&format!("https://{host}/n/shelters-open-after-the-flood")).2;
        assert_eq!(
            page("copia.salud.gob.example"),
            page("www.salud.gob.example")
        );
        assert_ne!(page("salud.gob.example"), page("agua.gob.example"));
        assert_ne!(page("one.example"), page("two.example"));
    }

    #[test]
    fn languages_of_an_address_are_left_out_of_its_neutral_spelling() {
        let english = told("https://a.example/en/news/71");
        for other in [
            "https://es.a.example/news/71",
            "https://a.example/es-MX/news/71",
            "https://www.a.example/news/71?lang=fr",
        ] {
            let other = told(other);
            assert_eq!((english.1, english.4), (other.1, other.4));
            assert_ne!(english.3, other.3);
        }
        assert_eq!(told("https://a.example/news/71").3, None);
    }
}
