//! RSS 2.0, with the elements of Atom, Dublin Core and `content` that readers support.
//!
//! In: one [`Feed`]. Out: a document that follows the RSS Advisory Board's specification and profile.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item, Source};

use crate::model::{Feed, Language, SafeHtml, Site, Story};

use super::view::{self, FeedFormat, MEDIA, MediaElement};
use super::words::Words;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const ITUNES: &str = "http://www.itunes.com/dtds/podcast-1.0.dtd";

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let links = view::feed_links(feed, site, FeedFormat::Rss);
    let links = links.into_iter().map(|link| {
        let mime_type = ("type", link.mime_type.to_owned());
        atom_link([
            ("rel", link.rel.to_owned()),
            ("href", link.address),
            mime_type,
        ])
    });
    let channel = Channel {
        title: view::scope_title(&feed.scope, site),
        link: FeedFormat::Html.absolute_address(&feed.scope, site),
        description: view::describe_scope(&feed.scope, site),
        language: view::feed_language(feed, site).map(str::to_owned),
        last_build_date: feed
            .updated
            .map(|at| view::format_rfc822(view::changed_date(at))),
        generator: Some(view::GENERATOR.to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        extensions: atom_extensions(links.collect(), Vec::new()),
        dublin_core_ext: Some(DublinCoreExtension {
            creators: vec![site.title.clone()],
            ..DublinCoreExtension::default()
        }),
        namespaces: item_namespaces(feed),
        items: feed
            .live
            .iter()
            .map(|story| rss_item(story, site))
            .collect(),
        ..Channel::default()
    };
    let bytes = channel
        .pretty_write_to(Vec::new(), b' ', 2)
        .expect("memory takes every byte");
    view::remove_forbidden_chars(String::from_utf8(bytes).expect("text was written"))
}

/// Returns the namespaces that the items use and the crate does not declare itself.
fn item_namespaces(feed: &Feed) -> BTreeMap<String, String> {
    let has_media = |story: &Story| story.shown.image.is_some() || story.shown.enclosures.len() > 1;
    let media = Some(MEDIA).filter(|_| feed.live.iter().any(has_media));
    let plays = feed
        .live
        .iter()
        .any(|story| first_duration(story).is_some());
    let itunes = plays.then_some(("itunes", ITUNES));
    let used = std::iter::once(("atom", ATOM)).chain(itunes).chain(media);
    used.map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned()))
        .collect()
}

/// Returns the duration, in seconds, of the first file whose duration is known.
fn first_duration(story: &Story) -> Option<u32> {
    let mut files = story.shown.enclosures.iter();
    files.find_map(|file| file.duration_seconds)
}

fn rss_item(story: &Story, site: &Site) -> Item {
    let shown = &story.shown;
    let related = view::related_links(story)
        .into_iter()
        .map(|(address, title)| {
            let href = ("href", address.to_string());
            atom_link([("rel", "related".to_owned()), href, ("title", title)])
        });
    let alternates = view::linkable_alternates(story).iter().map(|alternate| {
        let href = ("href", alternate.address.to_string());
        let language = ("hreflang", alternate.language.to_string());
        atom_link([("rel", "alternate".to_owned()), href, language])
    });
    let links = shown.links.iter().map(|link| {
        let rel = ("rel", link.relation.as_str().to_owned());
        let title = link.title.clone().map(|title| ("title", title));
        let href = ("href", link.url.to_string());
        atom_link([rel, href].into_iter().chain(title))
    });
    // RSS has one file per item. The others are links, which many readers support.
    let further = shown.enclosures.iter().skip(1).map(|file| {
        let rel = ("rel", "enclosure".to_owned());
        let href = ("href", file.url.to_string());
        let mime_type = ("type", file.mime_type.clone());
        let length = ("length", file.length_bytes.to_string());
        let length = Some(length).filter(|_| file.length_bytes > 0);
        atom_link([rel, href, mime_type].into_iter().chain(length))
    });
    let related = related.chain(links).chain(further);
    let updated = Extension {
        name: "atom:updated".to_owned(),
        value: Some(view::changed_date(story.updated).to_rfc3339()),
        ..Extension::default()
    };
    let summary = view::short_text(story).map(|(html, _)| html.as_str().to_owned());
    let content = shown.content.as_ref().filter(|_| summary.is_some());
    let mut extensions = atom_extensions(alternates.chain(related).collect(), vec![updated]);
    extensions.extend(first_duration(story).map(itunes_duration));
    let media = view::picture_elements(story).into_iter();
    for element in media.chain(view::further_files(story)) {
        let elements = extensions.entry(MEDIA.0.to_owned()).or_default();
        let same = elements.entry(element.name.to_owned()).or_default();
        same.push(media_element(element));
    }
    Item {
        title: Some(escape_title(&shown.title).into_owned()),
        link: story.address().map(ToString::to_string),
        description: Some(summary.unwrap_or_else(|| view::longest_text(story).into_owned())),
        categories: rss_categories(story, site),
        enclosure: shown.enclosures.first().map(rss_enclosure),
        guid: Some(Guid {
            value: story.id.urn(),
            permalink: false,
        }),
        pub_date: Some(view::format_rfc822(view::published_date(&story.published))),
        source: rss_source(story),
        content: content.map(SafeHtml::as_str).map(str::to_owned),
        extensions,
        dublin_core_ext: Some(dublin_core(story)),
        ..Item::default()
    }
}

/// Escapes a title for readers. RSS does not define titles as text or HTML: most readers parse a title as HTML
/// if it contains an end tag or a character reference, and would spoil a plain one. Such a title is written as
/// HTML.
fn escape_title(title: &str) -> Cow<'_, str> {
    let is_end_tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_reference = |rest: &str| {
        let (name, _) = rest.split_once(';').unwrap_or_default();
        let name = name.strip_prefix('#').unwrap_or(name);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_taken_for_html =
        title.split("</").skip(1).any(is_end_tag) || title.split('&').skip(1).any(is_reference);
    if is_taken_for_html {
        quick_xml::escape::partial_escape(title)
    } else {
        Cow::Borrowed(title)
    }
}

/// Returns the publisher of the story. RSS requires an address: that of the feed or page that the story was
/// taken from, else the publisher's home page. Without either only `dc:creator` names the publisher.
fn rss_source(story: &Story) -> Option<Source> {
    let report = story.shown_report();
    let own = report.source_address.as_ref().map(ToString::to_string);
    let home = || view::home_page(report.address.as_ref()?);
    Some(Source {
        url: own.or_else(home)?,
        title: Some(report.publisher.clone()),
    })
}

fn dublin_core(story: &Story) -> DublinCoreExtension {
    let contributors = view::contributors(story);
    let authors = view::story_authors(story).into_iter();
    DublinCoreExtension {
        creators: authors.map(|person| person.name).collect(),
        contributors: contributors.into_iter().map(str::to_owned).collect(),
        languages: story
            .shown
            .language
            .iter()
            .map(Language::to_string)
            .collect(),
        ..DublinCoreExtension::default()
    }
}

/// Returns the publisher's own tags and the labels of places, then the codes of places.
fn rss_categories(story: &Story, site: &Site) -> Vec<Category> {
    let category = |name: String, domain: Option<&str>| Category {
        name,
        domain: domain.map(str::to_owned),
    };
    let tags = view::story_tags(story, Words::for_language(&site.language));
    let tags = tags.into_iter().map(|tag| category(tag, None));
    let regions = story.regions.iter();
    let regions =
        regions.map(|region| category(region.to_string(), Some(view::region_scheme(*region))));
    tags.chain(regions).collect()
}

fn rss_enclosure(enclosure: &crate::model::Enclosure) -> Enclosure {
    Enclosure {
        url: enclosure.url.to_string(),
        length: enclosure.length_bytes.to_string(),
        mime_type: enclosure.mime_type.clone(),
    }
}

fn media_element(element: MediaElement) -> Extension {
    let name = |local: &str| format!("{}:{local}", MEDIA.0);
    let attributes = element.attributes.into_iter();
    let text = element.text.map(|(local, text)| {
        let element = Extension {
            name: name(local),
            value: Some(text),
            attrs: BTreeMap::from([("type".to_owned(), "plain".to_owned())]),
            ..Extension::default()
        };
        (local.to_owned(), vec![element])
    });
    Extension {
        name: name(element.name),
        // Without a text, the crate's indentation would become one.
        value: text.is_none().then(String::new),
        attrs: attributes
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        children: text.into_iter().collect(),
    }
}

fn atom_link<'a>(attributes: impl IntoIterator<Item = (&'a str, String)>) -> Extension {
    let attributes = attributes.into_iter();
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    Extension {
        name: "atom:link".to_owned(),
        // Without a text, the crate's indentation would become one.
        value: Some(String::new()),
        attrs: attributes.collect(),
        ..Extension::default()
    }
}

/// Returns `itunes:duration`, in seconds.
fn itunes_duration(seconds: u32) -> (String, BTreeMap<String, Vec<Extension>>) {
    let duration = Extension {
        name: "itunes:duration".to_owned(),
        value: Some(seconds.to_string()),
        ..Extension::default()
    };
    let elements = BTreeMap::from([("duration".to_owned(), vec![duration])]);
    ("itunes".to_owned(), elements)
}

fn atom_extensions(links: Vec<Extension>, updated: Vec<Extension>) -> ExtensionMap {
    let elements = [("link", links), ("updated", updated)];
    let elements = elements.map(|(name, elements)| (name.to_owned(), elements));
    BTreeMap::from([("atom".to_owned(), BTreeMap::from(elements))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_title_is_never_shown_as_markup() {
        let check = |plain: &str, written: &str| assert_eq!(escape_title(plain), written);
        check("Use <b>bold</b>", "Use &lt;b&gt;bold&lt;/b&gt;");
        check("AT&amp;T", "AT&amp;amp;T");
        for same in ["R&D 3 < 4", "Vec<u8> & co", "<3", "a </ b", "& ;"] {
            check(same, same);
        }
    }
}
