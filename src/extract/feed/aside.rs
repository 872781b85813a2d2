//! What an Atom feed says and `atom_syndication` cannot keep: `xml:base` and `xml:lang` of an entry, and dates that are
//! not RFC 3339, the first of which would cost the whole feed.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

/// What one entry says, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) base: Option<String>,
    pub(super) language: Option<String>,
    pub(super) published: Option<String>,
    pub(super) updated: Option<String>,
}

/// The feed without its dates, and what was set aside of each entry in document order.
pub(super) fn set_aside(feed: &str) -> Result<(String, Vec<Aside>), Error> {
    let mut reader = Reader::from_str(feed);
    let (mut rest, mut copied) = (String::with_capacity(feed.len()), 0);
    let mut entries: Vec<Aside> = Vec::new();
    let (mut depth, mut in_entry) = (0_usize, false);
    loop {
        let before = position(&reader);
        match reader.read_event()? {
            Event::Start(start) if is_date(&start) => {
                let date = reader.read_text(start.name())?.decode()?.into_owned();
                if let Some(entry) = entries.last_mut().filter(|_| in_entry && depth == 2) {
                    entry.keep_date(&start, date);
                }
                rest += feed.get(copied..before).unwrap_or_default();
                copied = position(&reader);
            }
            Event::Start(start) => {
                if depth == 1 {
                    in_entry = is_entry(&start);
                    entries.extend(in_entry.then(|| Aside::of(&start)));
                }
                depth += 1;
            }
            Event::Empty(start) if depth == 1 && is_entry(&start) => {
                entries.push(Aside::of(&start));
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => break,
            _ => {}
        }
    }
    rest += feed.get(copied..).unwrap_or_default();
    Ok((rest, entries))
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn is_entry(start: &BytesStart<'_>) -> bool {
    start.name().as_ref() == b"entry"
}

fn is_date(start: &BytesStart<'_>) -> bool {
    matches!(start.name().as_ref(), b"published" | b"updated")
}

impl Aside {
    fn of(entry: &BytesStart<'_>) -> Self {
        let attribute = |name: &str| {
            let found = entry.try_get_attribute(name).ok().flatten()?;
            let value = found.normalized_value(XmlVersion::default()).ok()?;
            Some(value.into_owned())
        };
        Self {
            base: attribute("xml:base"),
            language: attribute("xml:lang"),
            ..Self::default()
        }
    }

    fn keep_date(&mut self, element: &BytesStart<'_>, date: String) {
        let date = Some(date).filter(|date| !date.trim().is_empty());
        if element.name().as_ref() == b"published" {
            self.published = date;
        } else {
            self.updated = date;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_are_taken_out() {
        let feed = "<feed><updated>a</updated><entry xml:base='b/' xml:lang='es'><id>1</id><updated>c</updated>\
                    <source><updated>d</updated></source></entry><entry/><x><published>e</published></x></feed>";
        let (rest, entries) = set_aside(feed).unwrap();
        assert_eq!(
            rest,
            "<feed><entry xml:base='b/' xml:lang='es'><id>1</id><source></source></entry><entry/><x></x></feed>"
        );
        let first = Aside {
            base: Some("b/".into()),
            language: Some("es".into()),
            published: None,
            updated: Some("c".into()),
        };
        assert_eq!(entries, [first, Aside::default()]);
    }
}
