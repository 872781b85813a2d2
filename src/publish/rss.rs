//! RSS 2.0, with the elements of Atom, Dublin Core and `content` that readers know.
//!
//! In: one [`Feed`]. Out: a document that follows the RSS Advisory Board's specification and profile.

use std::collections::BTreeMap;

use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item, Source};

use crate::model::{Feed, Language, SafeHtml, Site, Story};

use super::view::{self, Format};

const ATOM: &str = "http://www.w3.org/2005/Atom";

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let links = view::feed_links(feed, site, Format::Rss);
    let links = links.into_iter().map(|link| {
        let mime_type = ("type", link.mime_type.to_owned());
        atom_link([
            ("rel", link.rel.to_owned()),
            ("href", link.address),
            mime_type,
        ])
    });
    let channel = Channel {
        title: view::title(&feed.scope, site),
        link: Format::Html.address(&feed.scope, site),
        description: view::description(&feed.scope, site),
        language: Some(site.language.to_string()),
        last_build_date: feed.updated.map(|at| view::rfc822(view::changed(at))),
        generator: Some(view::GENERATOR.to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        extensions: atom(links.collect(), Vec::new()),
        dublin_core_ext: Some(DublinCoreExtension {
            creators: vec![site.title.clone()],
            ..DublinCoreExtension::default()
        }),
        namespaces: BTreeMap::from([("atom".to_owned(), ATOM.to_owned())]),
        items: feed
            .live
            .iter()
            .map(|story| item(story, feed, site))
            .collect(),
        ..Channel::default()
    };
    let bytes = channel
        .pretty_write_to(Vec::new(), b' ', 2)
        .expect("memory takes every byte");
    view::well_formed(String::from_utf8(bytes).expect("text was written"))
}

fn item(story: &Story, feed: &Feed, site: &Site) -> Item {
    let shown = &story.shown;
    let related = view::related(story).into_iter().map(|(address, title)| {
        let href = ("href", address.to_string());
        atom_link([("rel", "related".to_owned()), href, ("title", title)])
    });
    let alternates = view::alternates(story).iter().map(|alternate| {
        let href = ("href", alternate.address.to_string());
        let language = ("hreflang", alternate.language.to_string());
        atom_link([("rel", "alternate".to_owned()), href, language])
    });
    let updated = Extension {
        name: "atom:updated".to_owned(),
        value: Some(view::changed(story.updated).to_rfc3339()),
        ..Extension::default()
    };
    let summary = shown.summary.as_ref().or(shown.content.as_ref());
    Item {
        title: Some(shown.title.clone()),
        link: story.address().map(ToString::to_string),
        description: summary.map(|html| html.as_str().to_owned()),
        categories: categories(story),
        enclosure: shown.enclosures.first().map(enclosure),
        guid: Some(Guid {
            value: story.id.urn(),
            permalink: false,
        }),
        pub_date: Some(view::rfc822(view::published(&story.published))),
        source: Some(source(story, feed, site)),
        content: shown
            .content
            .as_ref()
            .map(SafeHtml::as_str)
            .map(str::to_owned),
        extensions: atom(alternates.chain(related).collect(), vec![updated]),
        dublin_core_ext: Some(dublin_core(story)),
        ..Item::default()
    }
}

/// Who published the story. RSS demands an address: the publisher's home page, else this very feed.
fn source(story: &Story, feed: &Feed, site: &Site) -> Source {
    let report = story.shown_report();
    let home = report.address.as_ref().and_then(view::home_page);
    Source {
        url: home.unwrap_or_else(|| Format::Rss.address(&feed.scope, site)),
        title: Some(report.publisher.clone()),
    }
}

fn dublin_core(story: &Story) -> DublinCoreExtension {
    let contributors = view::contributors(story);
    let authors = view::authors(story).into_iter();
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

/// The publisher's own tags, then the regions.
fn categories(story: &Story) -> Vec<Category> {
    let category = |name: String, domain: Option<&str>| Category {
        name,
        domain: domain.map(str::to_owned),
    };
    let tags = story
        .shown
        .tags
        .iter()
        .map(|tag| category(tag.clone(), None));
    let regions = story.regions.iter();
    let regions = regions.map(|region| category(region.to_string(), Some(view::scheme(*region))));
    tags.chain(regions).collect()
}

fn enclosure(enclosure: &crate::model::Enclosure) -> Enclosure {
    Enclosure {
        url: enclosure.url.to_string(),
        length: enclosure.length_bytes.to_string(),
        mime_type: enclosure.mime_type.clone(),
    }
}

fn atom_link(attributes: [(&str, String); 3]) -> Extension {
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    Extension {
        name: "atom:link".to_owned(),
        // Without a text, the crate's indentation would become one.
        value: Some(String::new()),
        attrs: BTreeMap::from(attributes),
        ..Extension::default()
    }
}

fn atom(links: Vec<Extension>, updated: Vec<Extension>) -> ExtensionMap {
    let elements = [("link", links), ("updated", updated)];
    let elements = elements.map(|(name, elements)| (name.to_owned(), elements));
    BTreeMap::from([("atom".to_owned(), BTreeMap::from(elements))])
}
