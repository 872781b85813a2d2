//! Computes an item's fingerprint: its keys and tokens for comparison.
//!
//! In: address, title, text, time and language of an item. Out: its [`Fingerprint`]. Pure, and computed for each item
//! alone: in parallel, before anything is decided. The [`Keys`] are a few integers, so that they can be stored, and
//! an item found again without its text.

use chrono::{Datelike as _, NaiveDate};
use url::Url;

use super::align::{MAX_BODY, MAX_TITLE};
use super::place::{self, Tongue};
use super::tokens::{self, Token, WordKind, hash, mix};
use crate::model::{Item, Language};
use crate::normalize::comparable;

/// The properties of an item that are compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparedItem<'a> {
    /// The published address.
    pub address: Option<&'a Url>,
    /// The title as plain text.
    pub title: &'a str,
    /// The text or summary as plain text; may be empty.
    pub text: &'a str,
    /// When it was published, in seconds since 1970.
    pub at: Option<i64>,
    /// The day of the announced event.
    pub event: Option<NaiveDate>,
    /// The language as a BCP 47 tag; empty if unknown.
    pub language: &'a str,
}

/// The keys and words by which an item is found and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The keys for lookup.
    pub keys: Keys,
    /// The words for comparison.
    pub reading: Reading,
}

/// The lookup keys of an item, small enough to keep for every item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Hash of the address, independent of its spelling; 0 without one.
    pub address: u32,
    /// Hash of the last significant part of the address, on any host; 0 if it is too unspecific.
    pub slug: u32,
    /// Hash of the last part of the address on any host of its domain; 0 if the path is too unspecific.
    pub page: u32,
    /// Hash of the publisher, whatever the language; 0 if unknown.
    pub publisher: u32,
    /// The language in the address; 0 for none.
    pub tongue: u8,
    /// When it was published, in seconds since 1970.
    pub at: Option<i64>,
    /// The day of the announced event, counted from 1 January of the year 1; 0 if unknown.
    pub event: i32,
    /// Hash of the whole content.
    pub content: u32,
    /// Hash of the title, and bottom hashes of the shingles of title, head and whole text.
    pub shingles: Vec<u32>,
    /// Hashes of day, publisher and one figure or name, if the item may have translations.
    pub translations: Vec<u32>,
}

impl Keys {
    /// The version of stored keys. Raise it whenever the same item would get other keys.
    pub const FORM: u8 = 2;

    /// Returns the keys that find it permanently: address, slug and title, if significant.
    pub fn lasting(&self) -> impl Iterator<Item = u32> + '_ {
        let title = self.shingles.first().copied().unwrap_or(0);
        [self.address, self.slug, title]
            .into_iter()
            .filter(|key| *key != 0)
    }

    /// Encodes the keys for the store: little-endian, about a hundred bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let at = self.at.unwrap_or(i64::MIN).to_le_bytes();
        let places = [
            self.address,
            self.slug,
            self.page,
            self.publisher,
            self.content,
        ];
        let of_words = self.shingles.iter().chain(&self.translations).copied();
        let mut bytes = vec![
            Self::FORM,
            self.tongue,
            u8::try_from(self.shingles.len()).unwrap_or(0),
        ];
        bytes.extend(at);
        bytes.extend(self.event.to_le_bytes());
        bytes.extend(
            places
                .into_iter()
                .chain(of_words)
                .flat_map(u32::to_le_bytes),
        );
        bytes
    }

    /// Decodes keys from the store; returns `None` for another version's, so that the item is read again.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([form, tongue, shingles], rest) = bytes.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (event, rest) = rest.split_first_chunk()?;
        let (words, []) = rest.as_chunks() else {
            return None;
        };
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let at = Some(i64::from_le_bytes(*at)).filter(|at| *at != i64::MIN);
        let keys = Self {
            address: words.next()?,
            slug: words.next()?,
            page: words.next()?,
            publisher: words.next()?,
            tongue: *tongue,
            at,
            event: i32::from_le_bytes(*event),
            content: words.next()?,
            shingles: words.by_ref().take(usize::from(*shingles)).collect(),
            translations: words.collect(),
        };
        (*form == Self::FORM).then_some(keys)
    }
}

/// The words of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub(super) tokens: Vec<Token>,
    pub(super) title: usize,
}

impl Reading {
    /// Splits a title and a text into words.
    pub fn of(title: &str, text: &str, language: &str) -> Self {
        let tongue = language.split(['-', '_']).next().unwrap_or_default();
        let mut tokens = Vec::with_capacity(text.len() / 6 + title.len() / 6 + 4);
        tokens::read(title, tongue, true, MAX_TITLE, &mut tokens);
        let title = tokens.len();
        tokens::read(text, tongue, false, MAX_BODY, &mut tokens);
        Self { tokens, title }
    }

    pub(super) fn words(&self) -> Texts<'_> {
        let (title, body) = self.tokens.split_at(self.title);
        Texts { title, body }
    }
}

/// The borrowed words of an item.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) title: &'a [Token],
    pub(super) body: &'a [Token],
}

/// Number of bottom hashes kept of a title.
const OF_TITLE: usize = 3;
/// Number of bottom hashes kept of the head of a text.
const OF_HEAD: usize = 4;
/// Number of bottom hashes kept of a whole text.
const OF_WHOLE: usize = 4;
/// Length of the head of a text, in tokens.
const HEAD: usize = 32;
/// Number of keys used to find a translation.
const OF_TRANSLATIONS: usize = 3;
const DAY: i64 = 86_400;

/// Returns the key of an address, independent of its spelling.
pub fn address_key(address: &Url) -> Option<u32> {
    comparable(address).map(|address| key(hash(&address), 1))
}

impl Fingerprint {
    /// Computes the fingerprint of `item`.
    pub fn of_item(item: &Item) -> Self {
        Self::of(&ComparedItem {
            address: item.address.as_ref(),
            title: &item.title,
            text: &item.text,
            at: Some(item.published.at().timestamp()),
            event: item.event.and_then(|event| event.day()),
            language: item.language.as_ref().map_or("", Language::as_str),
        })
    }

    /// Computes the fingerprint of `report`.
    pub fn of(report: &ComparedItem) -> Self {
        let reading = Reading::of(report.title, report.text, report.language);
        let address = report.address.and_then(comparable);
        let told = |url| place::of(url, address.as_deref());
        let place = report.address.map(told).unwrap_or_default();
        let mut keys = Keys {
            address: address
                .as_deref()
                .map_or(0, |address| key(hash(address), 1)),
            slug: place.slug.map_or(0, |slug| key(hash(slug), 2)),
            page: place.page.map_or(0, |page| key(page, 10)),
            publisher: key(place.publisher, 3),
            tongue: place.tongue.map_or(0, Tongue::code),
            at: report.at,
            event: report.event.map_or(0, |day| day.num_days_from_ce()),
            content: content(&reading),
            shingles: shingles(&reading.words()),
            translations: Vec::new(),
        };
        if place.tongue.is_some() {
            keys.translations = translations(&keys, &reading.words(), place.neutral);
        }
        Self { keys, reading }
    }
}

/// Returns a key of 32 bits that is never 0. `kind` keeps keys of different kinds apart.
fn key(hash: u64, kind: u64) -> u32 {
    let low = mix(hash ^ kind << 56) & u64::from(u32::MAX);
    u32::try_from(low).unwrap_or(1).max(1)
}

fn content(reading: &Reading) -> u32 {
    let start = mix(reading.title as u64);
    let all = reading
        .tokens
        .iter()
        .fold(start, |hash, token| mix(hash ^ u64::from(token.word())));
    key(all, 4)
}

fn shingles(texts: &Texts) -> Vec<u32> {
    let mut keys = Vec::with_capacity(1 + OF_TITLE + OF_HEAD + OF_WHOLE);
    let telling = texts.title.iter().filter(|token| token.tells());
    let whole = telling.fold(0, |hash, token| mix(hash ^ u64::from(token.word())));
    keys.push(key(whole, 5));
    bottom(texts.title, 2, OF_TITLE, 6, &mut keys);
    let head = texts.body.get(..HEAD).unwrap_or(texts.body);
    bottom(head, 3, OF_HEAD, 7, &mut keys);
    bottom(texts.body, 3, OF_WHOLE, 7, &mut keys);
    keys
}

/// Adds the smallest hashes of the runs of `length` words: two texts that share most of their runs share most of
/// these.
fn bottom(tokens: &[Token], length: usize, count: usize, kind: u64, keys: &mut Vec<u32>) {
    let mut smallest = [u32::MAX; 4];
    let smallest = smallest.get_mut(..count).unwrap_or_default();
    for run in tokens.windows(length) {
        let hash = run.iter().fold(0, |hash: u64, token| {
            (hash.rotate_left(13) ^ u64::from(token.word())).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let found = key(hash, kind);
        let Some(last) = smallest.last().copied() else {
            return;
        };
        if found < last && !smallest.contains(&found) {
            let at = smallest.partition_point(|kept| *kept < found);
            if let Some(moved) = smallest.get_mut(at..) {
                moved.rotate_right(1);
                moved[0] = found;
            }
        }
    }
    keys.extend(smallest.iter().filter(|key| **key != u32::MAX));
}

/// Returns keys that an item shares with its translations: the address without its language, and the figures and
/// names of that publisher's day.
fn translations(keys: &Keys, texts: &Texts, neutral: Option<u64>) -> Vec<u32> {
    let mut found: Vec<u32> = neutral.map(|neutral| key(neutral, 8)).into_iter().collect();
    let Some(at) = keys.at else { return found };
    let day =
        mix(u64::from(keys.publisher) ^ u64::from_ne_bytes(at.div_euclid(DAY).to_ne_bytes()) << 32);
    let mut marks: Vec<u32> = marks(texts)
        .map(|mark| key(day ^ u64::from(mark), 9))
        .collect();
    marks.sort_unstable();
    marks.dedup();
    found.extend(marks.into_iter().take(OF_TRANSLATIONS));
    found
}

/// Returns the words that a translation keeps: figures of two or more digits, and names.
pub(super) fn marks<'a>(texts: &Texts<'a>) -> impl Iterator<Item = u32> + use<'a> {
    let both = texts.title.iter().chain(texts.body);
    both.filter(|token| matches!(token.kind(), WordKind::Number | WordKind::Place))
        .map(|token| token.word())
}
