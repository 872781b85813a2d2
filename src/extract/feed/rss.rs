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
    let creators = dublin_core_all(channel.dublin_core_ext.as_ref(), |dc| &dc.creators);
    // Under every item a name says something, an office's mail address does not.
    let editor = channel.managing_editor.clone();
    let editor = editor.filter(|editor| editor.contains('('));
    let about = Channel {
        title: filled(&channel.title).map(RawText::Unsaid),
        description: filled(&channel.description).map(RawText::Unsaid),
        home_page: filled(&channel.link),
        language,
        authors: creators_or(creators, editor),
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
        authors: creators_or(
            dublin_core_all(dc, |dc| &dc.creators),
            item.author.as_deref().and_then(filled),
        ),
        tags: item
            .categories
            .iter()
            .map(|category| category.name.clone())
            .chain(dublin_core_all(dc, |dc| &dc.subjects))
            .collect(),
        enclosures: item.enclosure.into_iter().map(enclosure).collect(),
        ..RawEntry::default()
    }
}

/// Dublin Core names people; RSS's own element gives a mail address, often with a name behind it.
fn creators_or(creators: Vec<String>, own: Option<String>) -> Vec<RawAuthor> {
    let names = if creators.is_empty() {
        own.into_iter().collect()
    } else {
        creators
    };
    names
        .into_iter()
        .map(|name| RawAuthor { name, url: None })
        .collect()
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

/// The texts of one Dublin Core element.
fn dublin_core_all(
    dc: Option<&DublinCoreExtension>,
    of: impl Fn(&DublinCoreExtension) -> &Vec<String>,
) -> Vec<String> {
    dc.map(|dc| of(dc).clone()).unwrap_or_default()
}

/// The first text of one Dublin Core element.
fn dublin_core(
    dc: Option<&DublinCoreExtension>,
    of: impl Fn(&DublinCoreExtension) -> &Vec<String>,
) -> Option<String> {
    dublin_core_all(dc, of).iter().find_map(|text| filled(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(authors: &[RawAuthor]) -> Vec<&str> {
        authors.iter().map(|author| author.name.as_str()).collect()
    }

    #[test]
    fn authors_are_those_of_dublin_core_else_of_rss() {
        let check = |elements: &str, expected: &[&str]| {
            let text = format!(
                "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
                 <managingEditor>ed@host.example (Ed)</managingEditor><item>{elements}</item></channel></rss>"
            );
            let read = read(&text).expect(elements);
            assert_eq!(names(&read.channel.authors), ["ed@host.example (Ed)"]);
            assert_eq!(names(&read.entries[0].authors), expected);
        };
        check(
            "<author>a@host.example (Ana)</author>",
            &["a@host.example (Ana)"],
        );
        check(
            "<author>a@host.example</author><dc:creator>Ana</dc:creator><dc:creator>Luis</dc:creator>",
            &["Ana", "Luis"],
        );
        check("<title>One</title>", &[]);
    }
}
