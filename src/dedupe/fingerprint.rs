//! Computes an item's fingerprint: its keys and tokens for comparison.
//!
//! In: address, title, text, time and language of an item. Out: its [`Fingerprint`]. Pure, and computed for each item
//! alone: in parallel, before anything is decided. The [`Keys`] are a few integers, so that they can be stored, and
//! an item found again without its text.

use chrono::{Datelike as _, NaiveDate};
use url::Url;

use super::align::{MAX_BODY, MAX_TITLE};
use super::place::{self, AddressLanguage};
use super::tokens::{self, WordKind, WordToken, hash_text, mix_hash};
use crate::model::{Item, Language};
use crate::normalize::comparable_address;

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
    pub keys: LookupKeys,
    /// The words for comparison.
    pub reading: ItemTokens,
}

/// The lookup keys of an item, small enough to keep for every item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookupKeys {
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

impl LookupKeys {
    /// The version of stored keys. Raise it whenever the same item would get other keys.
    pub const FORM: u8 = 2;

    /// Returns the keys that find it permanently: address, slug and title, if significant.
    pub fn lasting_keys(&self) -> impl Iterator<Item = u32> + '_ {
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
pub struct ItemTokens {
    pub(super) tokens: Vec<WordToken>,
    pub(super) title: usize,
}

impl ItemTokens {
    /// Splits a title and a text into words.
    pub fn from_texts(title: &str, text: &str, language: &str) -> Self {
        let tongue = language.split(['-', '_']).next().unwrap_or_default();
        let mut tokens = Vec::with_capacity(text.len() / 6 + title.len() / 6 + 4);
        tokens::tokenize_text(title, tongue, true, MAX_TITLE, &mut tokens);
        let title = tokens.len();
        tokens::tokenize_text(text, tongue, false, MAX_BODY, &mut tokens);
        Self { tokens, title }
    }

    pub(super) fn borrow_tokens(&self) -> ItemTokensRef<'_> {
        let (title, body) = self.tokens.split_at(self.title);
        ItemTokensRef { title, body }
    }
}

/// The borrowed words of an item.
#[derive(Clone, Copy)]
pub(super) struct ItemTokensRef<'a> {
    pub(super) title: &'a [WordToken],
    pub(super) body: &'a [WordToken],
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
    comparable_address(address).map(|address| make_key(hash_text(&address), 1))
}

impl Fingerprint {
    /// Computes the fingerprint of `item`.
    pub fn from_item(item: &Item) -> Self {
        Self::from_compared(&ComparedItem {
            address: item.address.as_ref(),
            title: &item.title,
            text: &item.text,
            at: Some(item.published.instant().timestamp()),
            event: item.event.and_then(|event| event.day()),
            language: item.language.as_ref().map_or("", Language::as_str),
        })
    }

    /// Computes the fingerprint of `report`.
    pub fn from_compared(report: &ComparedItem) -> Self {
        let reading = ItemTokens::from_texts(report.title, report.text, report.language);
        let address = report.address.and_then(comparable_address);
        let told = |url| place::analyze_address(url, address.as_deref());
        let place = report.address.map(told).unwrap_or_default();
        let mut keys = LookupKeys {
            address: address
                .as_deref()
                .map_or(0, |address| make_key(hash_text(address), 1)),
            slug: place.slug.map_or(0, |slug| make_key(hash_text(slug), 2)),
            page: place.page.map_or(0, |page| make_key(page, 10)),
            publisher: make_key(place.publisher, 3),
            tongue: place.tongue.map_or(0, AddressLanguage::code),
            at: report.at,
            event: report.event.map_or(0, |day| day.num_days_from_ce()),
            content: content_key(&reading),
            shingles: shingle_keys(&reading.borrow_tokens()),
            translations: Vec::new(),
        };
        if place.tongue.is_some() {
            keys.translations = translation_keys(&keys, &reading.borrow_tokens(), place.neutral);
        }
        Self { keys, reading }
    }
}

/// Returns a key of 32 bits that is never 0. `kind` keeps keys of different kinds apart.
fn make_key(hash: u64, kind: u64) -> u32 {
    let low = mix_hash(hash ^ kind << 56) & u64::from(u32::MAX);
    u32::try_from(low).unwrap_or(1).max(1)
}

fn content_key(reading: &ItemTokens) -> u32 {
    let start = mix_hash(reading.title as u64);
    let all = reading.tokens.iter().fold(start, |hash, token| {
        mix_hash(hash ^ u64::from(token.word_hash()))
    });
    make_key(all, 4)
}

fn shingle_keys(texts: &ItemTokensRef) -> Vec<u32> {
    let mut keys = Vec::with_capacity(1 + OF_TITLE + OF_HEAD + OF_WHOLE);
    let telling = texts.title.iter().filter(|token| token.is_content_word());
    let whole = telling.fold(0, |hash, token| {
        mix_hash(hash ^ u64::from(token.word_hash()))
    });
    keys.push(make_key(whole, 5));
    add_smallest_keys(texts.title, 2, OF_TITLE, 6, &mut keys);
    let head = texts.body.get(..HEAD).unwrap_or(texts.body);
    add_smallest_keys(head, 3, OF_HEAD, 7, &mut keys);
    add_smallest_keys(texts.body, 3, OF_WHOLE, 7, &mut keys);
    keys
}

/// Adds the smallest hashes of the runs of `length` words: two texts that share most of their runs share most of
/// these.
fn add_smallest_keys(
    tokens: &[WordToken],
    length: usize,
    count: usize,
    kind: u64,
    keys: &mut Vec<u32>,
) {
    let mut smallest = [u32::MAX; 4];
    let smallest = smallest.get_mut(..count).unwrap_or_default();
    for run in tokens.windows(length) {
        let hash = run.iter().fold(0, |hash: u64, token| {
            (hash.rotate_left(13) ^ u64::from(token.word_hash()))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let found = make_key(hash, kind);
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
fn translation_keys(keys: &LookupKeys, texts: &ItemTokensRef, neutral: Option<u64>) -> Vec<u32> {
    let mut found: Vec<u32> = neutral
        .map(|neutral| make_key(neutral, 8))
        .into_iter()
        .collect();
    let Some(at) = keys.at else { return found };
    let day = mix_hash(
        u64::from(keys.publisher) ^ u64::from_ne_bytes(at.div_euclid(DAY).to_ne_bytes()) << 32,
    );
    let mut marks: Vec<u32> = translation_marks(texts)
        .map(|mark| make_key(day ^ u64::from(mark), 9))
        .collect();
    marks.sort_unstable();
    marks.dedup();
    found.extend(marks.into_iter().take(OF_TRANSLATIONS));
    found
}

/// Returns the words that a translation keeps: figures of two or more digits, and names.
pub(super) fn translation_marks<'a>(
    texts: &ItemTokensRef<'a>,
) -> impl Iterator<Item = u32> + use<'a> {
    let both = texts.title.iter().chain(texts.body);
    both.filter(|token| matches!(token.kind(), WordKind::Number | WordKind::Place))
        .map(|token| token.word_hash())
}
