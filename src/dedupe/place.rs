//! Extracts information from an address: its slug, its publisher, its language.

use url::Url;

use super::tokens::{hash_text, mix_hash};

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
    pub(super) tongue: Option<AddressLanguage>,
    /// The address without that language, as a hash.
    pub(super) neutral: Option<u64>,
}

/// A language in an address: two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AddressLanguage(u8);

const TONGUES: [&str; 12] = [
    "en", "es", "fr", "pt", "de", "it", "nl", "ar", "ru", "zh", "ht", "ca",
];
/// Labels of hosts of the same publisher.
const LABELS: [&str; 10] = [
    "www", "www2", "m", "amp", "mobile", "portal", "news", "mirror", "web", "antigo",
];

impl AddressLanguage {
    /// Parses `es`, `es-MX`, `pt_BR`.
    fn from_label(label: &str) -> Option<Self> {
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
pub(super) fn analyze_address<'a>(url: &'a Url, address: Option<&str>) -> AddressFacts<'a> {
    let host = url.host_str().unwrap_or_default();
    let own = host.split('.').count().saturating_sub(2);
    let labels = host.split('.').enumerate();
    let kept = labels.filter(|(at, label)| {
        *at >= own || !LABELS.contains(label) && AddressLanguage::from_label(label).is_none()
    });
    let publisher = kept.fold(0, |all, (_, label)| mix_hash(all ^ hash_text(label)));
    let in_host = host
        .split('.')
        .take(own)
        .find_map(AddressLanguage::from_label);
    let in_path = url.path().split('/').find_map(AddressLanguage::from_label);
    let in_query = url
        .query()
        .and_then(|query| query.split('&').find_map(requested_language))
        .and_then(AddressLanguage::from_label);
    let tongue = in_host.or(in_path).or(in_query);
    let slug = find_slug(url.path());
    AddressFacts {
        slug,
        page: slug.and(address).map(hash_page),
        publisher,
        tongue,
        neutral: tongue.map(|_| hash_neutral(url, publisher)),
    }
}

/// Hashes an address with its host reduced to the registered domain.
fn hash_page(address: &str) -> u64 {
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
        .fold(hash_text(path), |all, label| {
            mix_hash(all ^ hash_text(label))
        })
}

/// Returns the language that a parameter requests.
fn requested_language(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    matches!(
        name,
        "lang" | "language" | "hl" | "locale" | "idioma" | "lng"
    )
    .then_some(value)
}

fn hash_neutral(url: &Url, publisher: u64) -> u64 {
    let segments = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty() && AddressLanguage::from_label(segment).is_none());
    let path = segments.fold(publisher, |all, segment| mix_hash(all ^ hash_text(segment)));
    let pairs = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && requested_language(pair).is_none());
    pairs.fold(path, |all, pair| mix_hash(all ^ hash_text(pair)))
}

/// Returns the last part of a path that reads like a title, without its extension and the number of the page.
fn find_slug(path: &str) -> Option<&str> {
    let reads = |part: &&str| part.split(['-', '_']).filter(is_slug_word).count() >= SLUG_WORDS;
    let part = path.rsplit('/').find(reads)?;
    let stem = part.split('.').find(reads).unwrap_or(part);
    Some(stem)
}

fn is_slug_word(word: &&str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .any(|byte| byte.is_ascii_alphabetic() || byte == b'%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::comparable_address;

    fn told(
        url: &str,
    ) -> (
        Option<String>,
        u64,
        Option<u64>,
        Option<AddressLanguage>,
        Option<u64>,
    ) {
        let url = Url::parse(url).unwrap();
        let address = comparable_address(&url);
        let told = analyze_address(&url, address.as_deref());
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
