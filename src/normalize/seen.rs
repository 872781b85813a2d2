//! Extracts the parts of an item that readers see, which decide whether it has changed or is only written
//! differently.
//!
//! In: an item. Out: its fields as a reader sees them, and their hash. Only changed text and links count, not the
//! surrounding elements, nor the parts of an address for caches, trackers and signatures. Pure.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use url::Url;

use super::address::destination_key;
use super::html::{VisiblePart, visible_parts};
use crate::model::{Dated, EventDay, Hash, Item, Precision, SafeHtml};
use crate::text::is_invisible;

/// The visible part of an item's field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenField {
    /// The field's name, as used in revisions.
    pub name: &'static str,
    /// The visible value, equal for two states between which no reader sees a change.
    pub value: String,
    /// The words of the value, without the addresses of links.
    pub wording: String,
}

/// Marks words that are struck through.
const STRUCK: char = '\u{336}';

/// Returns the fields that readers see and the publisher can change. Derived dates are not included. The day of an
/// event is included if the entry gives another date as well.
pub fn seen_fields(item: &Item) -> [SeenField; 10] {
    let words = |name, value: String| SeenField {
        name,
        wording: value.clone(),
        value,
    };
    let date = item.stated.map(format_moment).unwrap_or_default();
    let event = match item.event {
        Some(EventDay::Stated(dated)) => Some(format_moment(dated)).filter(|day| *day != date),
        Some(EventDay::Derived(_)) | None => None,
    };
    let links = item.links.iter().map(|link| destination_key(&link.url));
    // The query of a picture's address gives its size, or its expiry.
    let image = item.image.as_ref().map(|image| {
        let address = destination_key(&image.url);
        let end = address.find(['?', '#']).unwrap_or(address.len());
        address.split_at(end).0.to_owned()
    });
    let authors = item.authors.iter().map(|author| author.name.as_str());
    [
        words("title", without_spaces(&item.title)),
        SeenField {
            name: "address",
            value: item
                .address
                .as_ref()
                .map(destination_key)
                .unwrap_or_default(),
            wording: String::new(),
        },
        text_field("summary", item.summary.as_ref()),
        text_field("content", item.content.as_ref()),
        words("authors", authors.collect::<Vec<_>>().join("\n")),
        files_field(item),
        SeenField {
            name: "links",
            value: links.collect::<Vec<_>>().join("\n"),
            wording: String::new(),
        },
        SeenField {
            name: "image",
            value: image.unwrap_or_default(),
            wording: String::new(),
        },
        SeenField {
            wording: String::new(),
            ..words("date", date)
        },
        words("event", event.unwrap_or_default()),
    ]
}

/// Returns a hash of the visible fields: if it differs, the item was updated.
pub fn content_hash(item: &Item) -> Hash {
    Hash::digest_parts(seen_fields(item).iter().map(|field| field.value.as_str()))
}

/// Returns a hash of the words alone, which stay when a site moves and changes every address and date.
pub fn wording_hash(item: &Item) -> Hash {
    Hash::digest_parts(seen_fields(item).iter().map(|field| field.wording.as_str()))
}

/// Formats a moment independently of its zone.
fn format_moment(dated: Dated) -> String {
    match dated.precision {
        Precision::Instant => dated.at.to_utc().to_rfc3339(),
        Precision::Day | Precision::Month | Precision::Year => dated.format_local(),
    }
}

/// Returns the words and links of a text, ignoring the elements that contain them.
fn text_field(name: &'static str, html: Option<&SafeHtml>) -> SeenField {
    let mut wording = String::new();
    let mut links = BTreeSet::new();
    for piece in html.into_iter().flat_map(visible_parts) {
        match piece {
            VisiblePart::Text(text) => wording.extend(text.chars().filter(|c| is_visible_char(*c))),
            VisiblePart::Struck => wording.push(STRUCK),
            VisiblePart::Address(address) => _ = links.insert(destination_text(&address)),
        }
    }
    let mut value = wording.clone();
    for link in links {
        // A space occurs in no address and in no wording.
        value.push(' ');
        value.push_str(&link);
    }
    SeenField {
        name,
        value,
        wording,
    }
}

fn destination_text(address: &str) -> String {
    Url::parse(address).map_or_else(|_| address.to_owned(), |url| destination_key(&url))
}

fn files_field(item: &Item) -> SeenField {
    let (mut value, mut wording) = (String::new(), String::new());
    for file in &item.enclosures {
        let title = file.title.as_deref().unwrap_or_default();
        writeln!(value, "{} {title}", destination_key(&file.url))
            .expect("a string takes everything");
        writeln!(wording, "{title}").expect("a string takes everything");
    }
    SeenField {
        name: "enclosures",
        value,
        wording,
    }
}

/// Removes white space, which depends on the elements around the words.
fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| is_visible_char(*c)).collect()
}

fn is_visible_char(c: char) -> bool {
    !c.is_whitespace() && !is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Enclosure, Person, RawText};
    use crate::normalize::tests::{entry, source};
    use crate::normalize::{normalize, sanitize_text};

    fn item() -> Item {
        let page = entry::page(&["g|/a|One|2021-06-28T08:00:00Z|"]);
        normalize(&source(), vec![page]).items.remove(0)
    }

    fn with_text(html: &str) -> Item {
        let base = "https://host.example/".parse().unwrap();
        Item {
            content: sanitize_text(&RawText::Html(html.to_owned()), &base),
            ..item()
        }
    }

    /// Checks whether a reader sees a change between two texts.
    #[track_caller]
    fn check_text(one: &str, other: &str, changes: bool) {
        let hashes = [one, other].map(|text| content_hash(&with_text(text)));
        assert_eq!(hashes[0] != hashes[1], changes, "{one} {other}");
    }

    #[test]
    fn a_change_is_one_of_words_and_links() {
        let same = |one: &str, other: &str| check_text(one, other, false);
        same(
            "<table><tr><td>A<br>B</td></tr></table>",
            "<p>A</p>\n<p>B</p>",
        );
        same("<p><b>A</b> B</p>", "A&nbsp;<i>B</i>");
        same(
            "<a href=/x>A</a>",
            "<p><a href='http://host.example/x?utm_source=y'>A</a></p>",
        );
        same("A<img src=/a.jpg?v=1>", "<img alt=A src=/a.jpg?v=2>A");
        let differ = |one: &str, other: &str| check_text(one, other, true);
        differ("<p>A</p>", "<p>B</p>");
        differ("<a href=/x>A</a>", "<a href=/y>A</a>");
        differ("<a href=/x>A</a>", "A");
        differ("A<img src=/a.jpg>", "A<img src=/b.jpg>");
        differ(
            "Open from <del>Monday</del> Friday",
            "Open from Monday Friday",
        );
    }

    #[test]
    fn a_moment_is_one_in_every_zone() {
        let dated = |date: &str| {
            let page = entry::page(&[&format!("g|/a|One|{date}|")]);
            content_hash(&normalize(&source(), vec![page]).items[0])
        };
        assert_eq!(
            dated("2021-06-28T08:00:00Z"),
            dated("2021-06-28T10:00:00+02:00")
        );
        assert_ne!(
            dated("2021-06-28T08:00:00Z"),
            dated("2021-06-28T08:00:00+02:00")
        );
        assert_ne!(dated("2021-06-28"), dated("2021-06-29"));
    }

    #[test]
    fn a_file_is_one_whatever_its_address_is_signed_with() {
        let file = |url: &str, length_bytes: u64| {
            let file = Enclosure {
                url: url.parse().unwrap(),
                title: None,
                mime_type: "audio/mpeg".into(),
                length_bytes,
                duration_seconds: None,
            };
            Item {
                enclosures: vec![file],
                ..item()
            }
        };
        let one = file("https://cdn.example/a.mp3?token=1", 3);
        let other = file("http://cdn.example/a.mp3?token=2", 4);
        assert_eq!(content_hash(&one), content_hash(&other));
        let another = file("https://cdn.example/b.mp3?token=1", 3);
        assert_ne!(content_hash(&one), content_hash(&another));
        assert_ne!(content_hash(&one), content_hash(&item()));
    }

    /// If a site moved, only changed words are corrections.
    #[test]
    fn wording_leads_nowhere() {
        let moved = Item {
            address: Some("https://elsewhere.example/b".parse().unwrap()),
            ..with_text("<a href=https://elsewhere.example/x>A</a> B")
        };
        let stayed = with_text("<a href=/x>A</a> B");
        assert_eq!(wording_hash(&moved), wording_hash(&stayed));
        assert_ne!(content_hash(&moved), content_hash(&stayed));
        assert_ne!(wording_hash(&with_text("A C")), wording_hash(&stayed));
        let signed = Item {
            authors: vec![Person {
                name: "Ana".into(),
                url: None,
            }],
            ..stayed.clone()
        };
        assert_ne!(wording_hash(&signed), wording_hash(&stayed));
    }
}
