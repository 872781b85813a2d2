//! Checks that no bytes cause a panic: fixtures, damaged in the ways that documents are damaged, and random
//! bytes.

use std::path::Path;
use std::sync::LazyLock;

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// One way to damage a document. Places are positions in the document as damaged so far.
#[derive(Clone, Debug)]
enum Damage {
    /// Replaces bytes by others, or inserts some.
    Replace(Index, usize, Vec<u8>),
    /// Removes the rest.
    Cut(Index),
    /// Removes the beginning.
    Behead(Index),
    /// Continues as another document from some place there.
    Splice(Index, Index, Index),
    /// Copies a tag, or other text from a `<` to a `>`, to another place.
    Repeat(Index, Index),
    /// Removes a tag.
    Drop(Index),
    /// Changes one bit.
    Flip(Index, u8),
    /// Uses another encoding, regardless of the document's declaration.
    Encode(Encoding),
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Windows1252,
    Utf16Le,
    Utf16Be,
    Utf32Le,
}

impl Damage {
    fn to(&self, mut body: Vec<u8>) -> Vec<u8> {
        let place = |index: &Index, body: &[u8]| index.index(body.len() + 1);
        match self {
            Self::Replace(at, length, bytes) => {
                let start = place(at, &body);
                let end = body.len().min(start + length);
                body.splice(start..end, bytes.iter().copied());
            }
            Self::Cut(at) => body.truncate(place(at, &body)),
            Self::Behead(at) => drop(body.drain(..place(at, &body))),
            Self::Splice(at, other, from) => {
                let other = &FIXTURES[other.index(FIXTURES.len())];
                body.truncate(place(at, &body));
                body.extend_from_slice(&other[place(from, other)..]);
            }
            Self::Repeat(which, at) => {
                let tag = tag(&body, *which);
                let tag = body[tag].to_vec();
                let at = place(at, &body);
                body.splice(at..at, tag);
            }
            Self::Drop(which) => drop(body.drain(tag(&body, *which))),
            Self::Flip(at, bit) => {
                let at = place(at, &body);
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Encode(encoding) => return encoding.of(&String::from_utf8_lossy(&body)),
        }
        body
    }
}

/// Returns the range from a `<` to the next `>`, or an empty one if there is no tag.
fn tag(body: &[u8], which: Index) -> std::ops::Range<usize> {
    let starts: Vec<usize> = (0..body.len()).filter(|at| body[*at] == b'<').collect();
    if starts.is_empty() {
        return 0..0;
    }
    let start = *which.get(&starts);
    let length = body[start..].iter().position(|byte| *byte == b'>');
    start..length.map_or(body.len(), |length| start + length + 1)
}

impl Encoding {
    fn of(self, text: &str) -> Vec<u8> {
        match self {
            Self::Windows1252 => WINDOWS_1252.encode(text).0.into_owned(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf32Le => text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect(),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let encoding = prop_oneof![
        Just(Encoding::Windows1252),
        Just(Encoding::Utf16Le),
        Just(Encoding::Utf16Be),
        Just(Encoding::Utf32Le),
    ];
    prop_oneof![
        6 => (at(), 0..200_usize, scrap()).prop_map(|(at, length, bytes)| Damage::Replace(at, length, bytes)),
        4 => (at(), scrap()).prop_map(|(at, bytes)| Damage::Replace(at, 0, bytes)),
        1 => at().prop_map(Damage::Cut),
        1 => at().prop_map(Damage::Behead),
        2 => (at(), at(), at()).prop_map(|(at, other, from)| Damage::Splice(at, other, from)),
        3 => (at(), at()).prop_map(|(which, at)| Damage::Repeat(which, at)),
        3 => at().prop_map(Damage::Drop),
        2 => (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        1 => encoding.prop_map(Damage::Encode),
    ]
}

fn scrap() -> impl Strategy<Value = Vec<u8>> {
    let markup = "(<|</|>|/>|=|'|\"|&|;|&#|&#x|&amp;|&eacute;|&#128;|&#xD800;|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?|\\?>|<!DOCTYPE \
        |<!ENTITY a \"b\">|\\]>|<\\?xml version='1.0' encoding='|utf-16|shift_jis|rss|channel|feed|rdf:RDF|entry|item|updated|title|link|content\
        |content:encoded| type='xhtml'| type='html'| rel='self'| href='//b'| xml:base='| xmlns='| xmlns:|:|p|\\{|\\[|\\]|\\}|,|\\\\|\\\\u\
        |28 June 2021|1e999|\n|\u{0}|\u{85}|\u{FEFF}|\u{FFFE}|é|高){0,12}";
    prop_oneof![
        3 => markup.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn almost_documents() -> impl Strategy<Value = Vec<u8>> {
    let fixture = any::<Index>().prop_map(|which| which.get(&FIXTURES).clone());
    (fixture, prop::collection::vec(damage(), 0..6))
        .prop_map(|(body, damages)| damages.iter().fold(body, |body, damage| damage.to(body)))
}

static FIXTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    ["feed", "html", "text", "json", "xml", "sitemap"]
        .iter()
        .flat_map(bodies)
        .collect()
});

fn bodies(folder: &&str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{folder}"));
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| bytes(file)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_panic(
        body in prop_oneof![7 => almost_documents(), 1 => prop::collection::vec(any::<u8>(), 0..400)],
        content_type in prop::option::of("(text/html; charset=)?[a-z0-9-]{0,12}"),
    ) {
        for source in READINGS.iter() {
            let document = Document { content_type: content_type.clone(), ..document(source, body.clone()) };
            if let Ok(extracted) = extract(&document, source) {
                normalize::normalize(source, vec![(document, extracted)]);
            }
        }
    }
}
