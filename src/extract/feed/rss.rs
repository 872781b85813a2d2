//! RSS 0.90–0.92, 1.0 and 2.0 to raw entries.
//!
//! Follows the RSS 2.0 specification with the modules that publishers use beside it: content, Dublin Core.

use rss::extension::dublincore::DublinCoreExtension;

use super::{ExtractError, filled};
use crate::model::{Channel, Extracted, RawAuthor, RawEnclosure, RawEntry, RawText};

pub(super) fn read(text: &str) -> Result<Extracted, ExtractError> {
    let channel = rss::Channel::read_from(text.as_bytes());
    let channel = channel.map_err(|error| ExtractError::BadFeed {
        reason: error.to_string(),
    })?;
    let language = channel
        .language
        .clone()
        .or_else(|| dublin_core(channel.dublin_core_ext.as_ref(), |dc| &dc.languages));
    let about = Channel {
        title: filled(&channel.title).map(RawText::Unsaid),
        description: filled(&channel.description).map(RawText::Unsaid),
        home_page: filled(&channel.link),
        language,
        authors: Vec::new(),
    };
    let entries = channel.items.into_iter().map(entry).collect();
    Ok(Extracted {
        channel: about,
        entries,
        ..Extracted::default()
    })
}

fn entry(item: rss::Item) -> RawEntry {
    let dc = item.dublin_core_ext.as_ref();
    let guid = item.guid.as_ref();
    // The guid of an item is its address unless it says otherwise (RSS 2.0, `isPermaLink`).
    let permalink = guid.filter(|guid| guid.permalink && guid.value.trim().starts_with("http"));
    let mut authors: Vec<RawAuthor> = dc
        .map_or(&[][..], |dc| &dc.creators)
        .iter()
        .map(|name| author(name))
        .collect();
    if authors.is_empty() {
        authors.extend(
            item.author
                .as_deref()
                .and_then(filled)
                .map(|name| author(&name)),
        );
    }
    RawEntry {
        guid: guid.and_then(|guid| filled(guid.value.trim())),
        title: item
            .title
            .as_deref()
            .and_then(filled)
            .or_else(|| dublin_core(dc, |dc| &dc.titles))
            .map(RawText::Unsaid),
        link: item
            .link
            .as_deref()
            .and_then(filled)
            .or_else(|| permalink.map(|guid| guid.value.clone())),
        summary: item
            .description
            .as_deref()
            .and_then(filled)
            .map(RawText::Unsaid),
        content: item.content.as_deref().and_then(filled).map(RawText::Html),
        published: item
            .pub_date
            .as_deref()
            .and_then(filled)
            .or_else(|| dublin_core(dc, |dc| &dc.dates)),
        language: dublin_core(dc, |dc| &dc.languages),
        authors,
        tags: item
            .categories
            .iter()
            .map(|category| category.name.clone())
            .chain(subjects(dc))
            .collect(),
        enclosures: item.enclosure.into_iter().map(enclosure).collect(),
        ..RawEntry::default()
    }
}

fn author(name: &str) -> RawAuthor {
    RawAuthor {
        name: name.to_owned(),
        url: None,
    }
}

fn enclosure(enclosure: rss::Enclosure) -> RawEnclosure {
    let rss::Enclosure {
        url,
        length,
        mime_type,
    } = enclosure;
    RawEnclosure {
        url,
        mime_type: filled(&mime_type),
        length_bytes: filled(&length),
    }
}

fn subjects(dc: Option<&DublinCoreExtension>) -> Vec<String> {
    dc.map(|dc| dc.subjects.clone()).unwrap_or_default()
}

/// The first text of one Dublin Core element.
fn dublin_core(
    dc: Option<&DublinCoreExtension>,
    of: impl Fn(&DublinCoreExtension) -> &Vec<String>,
) -> Option<String> {
    dc.and_then(|dc| of(dc).iter().find_map(|text| filled(text)))
}
