//! Atom 1.0 (RFC 4287).
//!
//! In: one [`Feed`]. Out: a document in which every entry names all its reports: the one shown as `source`,
//! the publishers of the others as `contributor`, their addresses as links to what is `related`. Stories that are none
//! any more have an `at:deleted-entry` (RFC 6721). The same in another language is an `alternate` with `hreflang`.

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Generator, Link, Source, Text, WriteConfig};

use crate::model::{Feed, Person, Site, Story, Tombstone};

use super::view::{self, Format};

/// The namespace of RFC 6721, and the prefix that everybody gives it.
const TOMBSTONES: (&str, &str) = ("at", "http://purl.org/atompub/tombstones/1.0");

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let title = view::title(&feed.scope, site);
    let links = view::feed_links(feed, site, Format::Atom).into_iter();
    let document = atom_syndication::Feed {
        title: Text::plain(&*title),
        subtitle: Some(Text::plain(view::description(&feed.scope, site))),
        id: view::feed_id(&feed.scope),
        // Never missing (RFC 4287 §4.1.1), and never the time of rendering: a feed that held nothing yet has the epoch.
        updated: view::changed(feed.updated.unwrap_or_default()),
        authors: vec![atom_syndication::Person {
            name: site.title.clone(),
            uri: Some(site.base_url.to_string()),
            ..Default::default()
        }],
        generator: Some(Generator {
            value: view::GENERATOR.to_owned(),
            ..Generator::default()
        }),
        links: links.map(|link| feed_link(link, &title)).collect(),
        entries: feed.live.iter().map(entry).collect(),
        lang: Some(site.language.to_string()),
        namespaces: namespaces(feed),
        extensions: tombstones(&feed.gone),
        ..Default::default()
    };
    let config = WriteConfig {
        write_document_declaration: true,
        indent_size: Some(2),
    };
    let bytes = document
        .write_with_config(Vec::new(), config)
        .expect("memory takes every byte");
    view::well_formed(String::from_utf8(bytes).expect("text was written"))
}

fn feed_link(link: view::FeedLink, title: &str) -> Link {
    Link {
        href: link.address,
        rel: link.rel.to_owned(),
        mime_type: Some(link.mime_type.to_owned()),
        title: Some(title.to_owned()),
        ..Link::default()
    }
}

fn namespaces(feed: &Feed) -> BTreeMap<String, String> {
    let (prefix, namespace) = TOMBSTONES;
    let wanted = (!feed.gone.is_empty()).then(|| (prefix.to_owned(), namespace.to_owned()));
    wanted.into_iter().collect()
}

fn tombstones(gone: &[Tombstone]) -> ExtensionMap {
    const NAME: &str = "deleted-entry";
    let (prefix, _) = TOMBSTONES;
    let entries: Vec<Extension> = gone.iter().map(deleted_entry).collect();
    let named = BTreeMap::from([(NAME.to_owned(), entries)]);
    let wanted = (!gone.is_empty()).then(|| (prefix.to_owned(), named));
    wanted.into_iter().collect()
}

/// `at:deleted-entry` with why in `at:comment` (RFC 6721 §3 and §4).
fn deleted_entry(gone: &Tombstone) -> Extension {
    let element = |name: &str| Extension {
        name: format!("{}:{name}", TOMBSTONES.0),
        ..Extension::default()
    };
    let comment = Extension {
        value: Some(view::fate(&gone.fate)),
        ..element("comment")
    };
    let when = view::changed(gone.at).to_rfc3339();
    Extension {
        attrs: [("ref", gone.id.urn()), ("when", when)]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        children: BTreeMap::from([("comment".to_owned(), vec![comment])]),
        ..element("deleted-entry")
    }
}

fn entry(story: &Story) -> Entry {
    let shown = &story.shown;
    // An entry has no language in the crate's type: each of its texts says it.
    let lang = shown.language.as_ref().map(ToString::to_string);
    let text = |text: Text| Text {
        lang: lang.clone(),
        ..text
    };
    let contributors = view::contributors(story).into_iter().map(|name| Person {
        name: name.to_owned(),
        url: None,
    });
    Entry {
        title: text(Text::plain(&*shown.title)),
        id: story.id.urn(),
        updated: view::changed(story.updated),
        published: Some(view::published(&story.published)),
        authors: view::authors(story).into_iter().map(person).collect(),
        contributors: contributors.map(person).collect(),
        categories: categories(story),
        links: links(story),
        source: Some(source(story)),
        summary: shown
            .summary
            .as_ref()
            .map(|html| text(Text::html(html.as_str()))),
        content: Some(Content {
            value: Some(view::body(story).into_owned()),
            content_type: Some("html".to_owned()),
            lang: lang.clone(),
            ..Content::default()
        }),
        ..Entry::default()
    }
}

fn links(story: &Story) -> Vec<Link> {
    let link = |rel: &str, href: &url::Url| Link {
        href: href.to_string(),
        rel: rel.to_owned(),
        ..Link::default()
    };
    let own = story.address().map(|address| link("alternate", address));
    let alternates = view::alternates(story).iter().map(|alternate| Link {
        hreflang: Some(alternate.language.to_string()),
        ..link("alternate", &alternate.address)
    });
    let related = view::related(story)
        .into_iter()
        .map(|(address, title)| Link {
            title: Some(title),
            ..link("related", address)
        });
    let links = story.shown.links.iter().map(|found| Link {
        title: found.title.clone(),
        ..link(found.relation.as_str(), &found.url)
    });
    let enclosures = story.shown.enclosures.iter().map(|enclosure| Link {
        mime_type: Some(enclosure.mime_type.clone()),
        title: enclosure.title.clone(),
        length: Some(enclosure.length_bytes.to_string()),
        ..link("enclosure", &enclosure.url)
    });
    own.into_iter()
        .chain(alternates)
        .chain(related)
        .chain(links)
        .chain(enclosures)
        .collect()
}

/// Who published the story. The date that RFC 4287 wants here is the feed's it was taken from, which nobody keeps: the story's own stands in.
fn source(story: &Story) -> Source {
    let report = story.shown_report();
    Source {
        title: Text::plain(&*report.publisher),
        id: view::source_id(&report.source),
        updated: view::changed(story.updated),
        ..Source::default()
    }
}

fn person(person: Person) -> atom_syndication::Person {
    atom_syndication::Person {
        name: person.name,
        uri: person.url.map(String::from),
        ..Default::default()
    }
}

/// The publisher's own tags, then the regions.
fn categories(story: &Story) -> Vec<Category> {
    let category = |term: String, scheme: Option<&str>| Category {
        term,
        scheme: scheme.map(str::to_owned),
        ..Category::default()
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
