//! Atom 1.0 (RFC 4287).
//!
//! In: one [`Feed`]. Out: a document in which every entry names all its reports: the one shown as `source`, the
//! publishers of the others as `contributor`, their addresses as `related` links. A withdrawn or merged story
//! becomes an `at:deleted-entry` (RFC 6721). The same story in another language is an `alternate` with
//! `hreflang`.

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Generator, Link, Source, Text, WriteConfig};

use crate::model::{Feed, Person, Site, Story, Tombstone};

use super::view::{self, FeedFormat, MEDIA, MediaElement};
use super::words::Words;

/// The namespace of RFC 6721 with its usual prefix.
const TOMBSTONES: (&str, &str) = ("at", "http://purl.org/atompub/tombstones/1.0");

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let title = view::scope_title(&feed.scope, site);
    // The feed's own title and texts are in the site's language; each entry is in its own.
    let own = |text: String| Text {
        lang: Some(site.language.to_string()),
        ..Text::plain(text)
    };
    let links = view::feed_links(feed, site, FeedFormat::Atom).into_iter();
    let document = atom_syndication::Feed {
        title: own(title.clone()),
        subtitle: Some(own(view::describe_scope(&feed.scope, site))),
        id: view::feed_id(&feed.scope),
        // Never missing (RFC 4287 §4.1.1), and never the time of rendering. An older store does not know when
        // an empty feed was defined: such a feed gets the epoch.
        updated: view::changed_date(feed.updated.unwrap_or_default()),
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
        entries: feed
            .live
            .iter()
            .map(|story| atom_entry(story, site))
            .collect(),
        namespaces: feed_namespaces(feed),
        extensions: tombstone_extensions(&feed.gone),
        ..Default::default()
    };
    let config = WriteConfig {
        write_document_declaration: true,
        indent_size: Some(2),
    };
    let bytes = document
        .write_with_config(Vec::new(), config)
        .expect("memory takes every byte");
    let document = String::from_utf8(bytes).expect("text was written");
    view::remove_forbidden_chars(move_entries_last(document))
}

/// Moves the entries behind the tombstones: the grammar of RFC 4287 requires entries after everything else in a
/// feed, and the crate writes extensions last. Texts and attributes escape `<`, so anything that looks like a
/// tag is one.
fn move_entries_last(document: String) -> String {
    let Some((head, rest)) = document.split_once("<entry>") else {
        return document;
    };
    let Some((entries, gone)) = rest.split_once("<at:deleted-entry") else {
        return document;
    };
    let Some((gone, end)) = gone.rsplit_once("</at:deleted-entry>") else {
        return document;
    };
    let entries = entries.trim_end();
    format!("{head}<at:deleted-entry{gone}</at:deleted-entry>\n  <entry>{entries}{end}")
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

fn feed_namespaces(feed: &Feed) -> BTreeMap<String, String> {
    let has_picture = |story: &Story| story.shown.image.is_some();
    let media = Some(MEDIA).filter(|_| feed.live.iter().any(has_picture));
    let gone = Some(TOMBSTONES).filter(|_| !feed.gone.is_empty());
    let used = media.into_iter().chain(gone);
    used.map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned()))
        .collect()
}

fn tombstone_extensions(gone: &[Tombstone]) -> ExtensionMap {
    const NAME: &str = "deleted-entry";
    let (prefix, _) = TOMBSTONES;
    let entries: Vec<Extension> = gone.iter().map(deleted_entry).collect();
    let named = BTreeMap::from([(NAME.to_owned(), entries)]);
    let wanted = (!gone.is_empty()).then(|| (prefix.to_owned(), named));
    wanted.into_iter().collect()
}

/// Returns an `at:deleted-entry` with the reason in `at:comment` (RFC 6721 §3 and §4).
fn deleted_entry(gone: &Tombstone) -> Extension {
    let element = |name: &str| Extension {
        name: format!("{}:{name}", TOMBSTONES.0),
        ..Extension::default()
    };
    let comment = Extension {
        value: Some(view::describe_removal(&gone.fate)),
        ..element("comment")
    };
    let when = view::changed_date(gone.at).to_rfc3339();
    Extension {
        attrs: [("ref", gone.id.urn()), ("when", when)]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        children: BTreeMap::from([("comment".to_owned(), vec![comment])]),
        ..element("deleted-entry")
    }
}

fn atom_entry(story: &Story, site: &Site) -> Entry {
    let shown = &story.shown;
    // The crate's entry has no language attribute, so each text carries it.
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
        updated: view::changed_date(story.updated),
        published: Some(view::published_date(&story.published)),
        authors: view::story_authors(story)
            .into_iter()
            .map(atom_person)
            .collect(),
        contributors: contributors.map(atom_person).collect(),
        categories: atom_categories(story, Words::for_language(&site.language)),
        links: entry_links(story),
        source: Some(atom_source(story)),
        summary: view::short_text(story).map(|(html, _)| text(Text::html(html.as_str()))),
        extensions: media_extensions(story),
        content: Some(Content {
            value: Some(view::longest_text(story).into_owned()),
            content_type: Some("html".to_owned()),
            lang: lang.clone(),
            ..Content::default()
        }),
        ..Entry::default()
    }
}

fn entry_links(story: &Story) -> Vec<Link> {
    let link = |rel: &str, href: &url::Url| Link {
        href: href.to_string(),
        rel: rel.to_owned(),
        ..Link::default()
    };
    let own = story.address().map(|address| link("alternate", address));
    let alternates = view::linkable_alternates(story)
        .iter()
        .map(|alternate| Link {
            hreflang: Some(alternate.language.to_string()),
            ..link("alternate", &alternate.address)
        });
    let related = view::related_links(story)
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
        length: Some(enclosure.length_bytes)
            .filter(|length| *length > 0)
            .map(|length| length.to_string()),
        ..link("enclosure", &enclosure.url)
    });
    own.into_iter()
        .chain(alternates)
        .chain(related)
        .chain(links)
        .chain(enclosures)
        .collect()
}

/// Returns the picture as `media:thumbnail`, and as `media:content` with its description.
fn media_extensions(story: &Story) -> ExtensionMap {
    let mut named: BTreeMap<String, Vec<Extension>> = BTreeMap::new();
    for element in view::picture_elements(story) {
        let same = named.entry(element.name.to_owned()).or_default();
        same.push(media_element(element));
    }
    let used = (!named.is_empty()).then(|| (MEDIA.0.to_owned(), named));
    used.into_iter().collect()
}

fn media_element(element: MediaElement) -> Extension {
    let name = |local: &str| format!("{}:{local}", MEDIA.0);
    // The crate does not escape attributes of extensions.
    let escaped = |(name, value): (&str, String)| {
        let value = quick_xml::escape::escape(&*value).into_owned();
        (name.to_owned(), value)
    };
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
        attrs: element.attributes.into_iter().map(escaped).collect(),
        // Without a text, the crate's indentation would become one.
        value: text.is_none().then(String::new),
        children: text.into_iter().collect(),
    }
}

/// Returns the publisher of the story. RFC 4287 requires the date of the feed that the story came from, which
/// is not stored; the story's own date replaces it.
fn atom_source(story: &Story) -> Source {
    let report = story.shown_report();
    Source {
        title: Text::plain(&*report.publisher),
        id: view::source_id(&report.source),
        links: report
            .source_address
            .iter()
            .map(|address| Link {
                href: address.to_string(),
                rel: "self".to_owned(),
                ..Link::default()
            })
            .collect(),
        updated: view::changed_date(story.updated),
        ..Source::default()
    }
}

fn atom_person(person: Person) -> atom_syndication::Person {
    atom_syndication::Person {
        name: person.name,
        uri: person.url.map(String::from),
        ..Default::default()
    }
}

/// Returns the publisher's own tags, then the regions: codes as terms, names as labels.
fn atom_categories(story: &Story, words: &Words) -> Vec<Category> {
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
    let regions = regions.map(|region| Category {
        label: Some(words.format_place(*region)),
        ..category(region.to_string(), Some(view::region_scheme(*region)))
    });
    tags.chain(regions).collect()
}
