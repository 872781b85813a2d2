//! Maps elements to their meaning, regardless of prefix.
//!
//! A namespace is identified by its name, an undeclared prefix by its usual meaning. Elements in no
//! namespace, or in an unknown one that is also that of the root element, belong to the format itself.

use super::scan::{Tag, local};

/// A vocabulary, or several with the same meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    /// RSS of any version, CDF, and anything not distinguished from them.
    Plain,
    Atom,
    Content,
    DublinCore,
    FeedBurner,
    FeedHistory,
    Geo,
    GeoRss,
    ITunes,
    License,
    Media,
    Rdf,
    Syndication,
    Xhtml,
    Xml,
    /// A vocabulary that is unknown or has no meaning here.
    Other,
}

/// The beginnings of namespace names, in lower case and without their scheme, because versions follow them.
const NAMESPACES: [(&str, Namespace); 39] = [
    ("www.w3.org/2005/atom", Namespace::Atom),
    ("purl.org/atom/ns", Namespace::Atom),
    ("purl.org/rss/1.0/modules/content", Namespace::Content),
    (
        "purl.org/rss/1.0/modules/syndication",
        Namespace::Syndication,
    ),
    ("purl.org/rss/1.0/modules/", Namespace::Other),
    ("purl.org/rss/1.0", Namespace::Plain),
    ("my.netscape.com/rdf/simple", Namespace::Plain),
    ("my.netscape.com/publish/formats/rss", Namespace::Plain),
    ("channel.netscape.com/rdf/simple", Namespace::Plain),
    ("purl.org/net/rss", Namespace::Plain),
    (
        "backend.userland.com/creativecommonsrssmodule",
        Namespace::License,
    ),
    ("backend.userland.com/", Namespace::Plain),
    ("blogs.law.harvard.edu/tech/rss", Namespace::Plain),
    ("www.rssboard.org/", Namespace::Plain),
    ("www.scripting.com/", Namespace::Plain),
    ("purl.org/dc/", Namespace::DublinCore),
    (
        "dublincore.org/documents/dcmi-namespace",
        Namespace::DublinCore,
    ),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Namespace::Rdf),
    ("www.w3.org/1999/xhtml", Namespace::Xhtml),
    ("www.w3.org/tr/xhtml", Namespace::Xhtml),
    ("www.w3.org/xml/1998/namespace", Namespace::Xml),
    ("www.itunes.com/dtds/podcast", Namespace::ITunes),
    ("www.itunes.com/", Namespace::ITunes),
    ("itunes.apple.com/", Namespace::ITunes),
    ("example.com/dtds/podcast", Namespace::ITunes),
    ("www.google.com/schemas/play-podcasts", Namespace::ITunes),
    ("search.yahoo.com/mrss", Namespace::Media),
    ("tools.search.yahoo.com/mrss", Namespace::Media),
    ("www.georss.org/georss", Namespace::GeoRss),
    ("www.opengis.net/gml", Namespace::GeoRss),
    ("www.w3.org/2003/01/geo/wgs84_pos", Namespace::Geo),
    ("rssnamespace.org/feedburner", Namespace::FeedBurner),
    ("www.pheedo.com/namespace/pheedo", Namespace::FeedBurner),
    ("purl.org/syndication/history", Namespace::FeedHistory),
    ("creativecommons.org/ns", Namespace::License),
    ("web.resource.org/cc", Namespace::License),
    (
        "cyber.law.harvard.edu/rss/creativecommonsrssmodule",
        Namespace::License,
    ),
    ("purl.org/rss/1.0/modules/cc", Namespace::License),
    ("wellformedweb.org/", Namespace::Other),
];

/// Prefixes that documents often use without declaring them.
const PREFIXES: [(&str, Namespace); 26] = [
    ("rss", Namespace::Plain),
    ("atom", Namespace::Atom),
    ("atom03", Namespace::Atom),
    ("atom10", Namespace::Atom),
    ("a10", Namespace::Atom),
    ("content", Namespace::Content),
    ("dc", Namespace::DublinCore),
    ("dcterms", Namespace::DublinCore),
    ("dct", Namespace::DublinCore),
    ("feedburner", Namespace::FeedBurner),
    ("pheedo", Namespace::FeedBurner),
    ("fh", Namespace::FeedHistory),
    ("geo", Namespace::Geo),
    ("georss", Namespace::GeoRss),
    ("gml", Namespace::GeoRss),
    ("itunes", Namespace::ITunes),
    ("googleplay", Namespace::ITunes),
    ("cc", Namespace::License),
    ("creativecommons", Namespace::License),
    ("media", Namespace::Media),
    ("mrss", Namespace::Media),
    ("rdf", Namespace::Rdf),
    ("sy", Namespace::Syndication),
    ("xhtml", Namespace::Xhtml),
    ("html", Namespace::Xhtml),
    ("xml", Namespace::Xml),
];

/// Returns the vocabulary of a namespace's name, or `None` if it is unknown.
pub(super) fn namespace(uri: &str) -> Option<Namespace> {
    let uri = uri.trim().to_ascii_lowercase();
    let bare = uri
        .strip_prefix("http://")
        .or_else(|| uri.strip_prefix("https://"))
        .unwrap_or(&uri);
    let found = NAMESPACES.iter().find(|(start, _)| bare.starts_with(start));
    found.map(|(_, namespace)| *namespace)
}

/// Returns the usual meaning of a prefix.
pub(super) fn by_prefix(prefix: &str) -> Namespace {
    let found = PREFIXES
        .iter()
        .find(|(known, _)| prefix.eq_ignore_ascii_case(known));
    found.map_or(Namespace::Other, |(_, namespace)| *namespace)
}

/// The meaning of an element, independent of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Author,
    Body,
    Category,
    Channel,
    Cloud,
    Comments,
    Complete,
    Content,
    ContentEncoded,
    Contributor,
    Creator,
    Day,
    Duration,
    Email,
    Enclosure,
    Entry,
    Geometry,
    Group,
    Guid,
    Hour,
    ITunesImage,
    ITunesSummary,
    Image,
    Keywords,
    Language,
    Latitude,
    License,
    Link,
    Logo,
    Longitude,
    ManagingEditor,
    MediaContent,
    MovedTo,
    Name,
    Origin,
    Published,
    Rights,
    Root,
    SkipDays,
    SkipHours,
    Source,
    Subtitle,
    Summary,
    Thumbnail,
    Title,
    Ttl,
    UpdateBase,
    UpdateFrequency,
    UpdatePeriod,
    Updated,
    Url,
}

/// The maximum length of a name that has a meaning.
const MAX_NAME: usize = 20;

/// Returns the meaning of the element, or `None` if it has none.
pub(super) fn element(namespace: Namespace, name: &str) -> Option<Element> {
    let mut lower = [0_u8; MAX_NAME];
    let name = local(name).as_bytes();
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    match namespace {
        Namespace::Plain | Namespace::Atom => own(lower),
        Namespace::Content => (lower == b"encoded").then_some(Element::ContentEncoded),
        Namespace::DublinCore => dublin_core(lower),
        Namespace::FeedBurner => (lower == b"origlink").then_some(Element::Origin),
        Namespace::FeedHistory => (lower == b"complete").then_some(Element::Complete),
        Namespace::Geo | Namespace::GeoRss => geography(lower),
        Namespace::ITunes => itunes(lower),
        Namespace::License => (lower == b"license").then_some(Element::License),
        Namespace::Media => media(lower),
        Namespace::Rdf => (lower == b"rdf").then_some(Element::Root),
        Namespace::Syndication => syndication(lower),
        Namespace::Xhtml => (lower == b"body" || lower == b"div").then_some(Element::Body),
        Namespace::Xml | Namespace::Other => None,
    }
}

fn own(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"title" => Element::Title,
        b"link" => Element::Link,
        b"description" | b"summary" | b"excerpt" => Element::Summary,
        b"pubdate" | b"published" | b"issued" | b"created" | b"date" => Element::Published,
        b"guid" | b"id" => Element::Guid,
        b"item" | b"entry" => Element::Entry,
        b"category" => Element::Category,
        b"author" => Element::Author,
        b"content" => Element::Content,
        b"updated" | b"modified" | b"lastbuilddate" | b"lastmod" => Element::Updated,
        b"comments" => Element::Comments,
        b"enclosure" => Element::Enclosure,
        b"source" => Element::Source,
        b"name" => Element::Name,
        b"email" => Element::Email,
        b"uri" | b"url" | b"homepage" => Element::Url,
        b"contributor" => Element::Contributor,
        b"rights" | b"copyright" => Element::Rights,
        b"categories" | b"authors" | b"enclosures" | b"links" => Element::Group,
        b"body" | b"fullitem" => Element::Body,
        b"rss" | b"rdf" | b"feed" => Element::Root,
        b"channel" => Element::Channel,
        b"subtitle" | b"tagline" | b"abstract" => Element::Subtitle,
        b"language" => Element::Language,
        b"managingeditor" | b"webmaster" => Element::ManagingEditor,
        b"image" => Element::Image,
        b"logo" | b"icon" => Element::Logo,
        b"keywords" | b"tags" => Element::Keywords,
        b"ttl" => Element::Ttl,
        b"skiphours" => Element::SkipHours,
        b"hour" => Element::Hour,
        b"skipdays" => Element::SkipDays,
        b"day" => Element::Day,
        b"cloud" => Element::Cloud,
        _ => return None,
    })
}

fn dublin_core(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"title" => Element::Title,
        b"description" | b"abstract" => Element::Summary,
        b"creator" | b"author" => Element::Creator,
        b"contributor" | b"publisher" => Element::Contributor,
        b"subject" => Element::Category,
        b"date" | b"issued" | b"created" | b"available" | b"datesubmitted" => Element::Published,
        b"modified" => Element::Updated,
        b"language" => Element::Language,
        b"identifier" => Element::Guid,
        b"rights" => Element::Rights,
        b"license" => Element::License,
        _ => return None,
    })
}

fn itunes(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"title" => Element::Title,
        b"author" => Element::Creator,
        b"owner" => Element::ManagingEditor,
        b"name" => Element::Name,
        b"email" => Element::Email,
        b"summary" | b"description" => Element::ITunesSummary,
        b"subtitle" => Element::Subtitle,
        b"category" => Element::Category,
        b"keywords" => Element::Keywords,
        b"image" | b"link" => Element::ITunesImage,
        b"new-feed-url" => Element::MovedTo,
        b"duration" => Element::Duration,
        _ => return None,
    })
}

fn media(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"title" => Element::Title,
        b"description" => Element::Summary,
        b"content" => Element::MediaContent,
        b"group" => Element::Group,
        b"thumbnail" => Element::Thumbnail,
        b"category" => Element::Category,
        b"keywords" => Element::Keywords,
        b"credit" => Element::Creator,
        b"license" => Element::License,
        b"copyright" => Element::Rights,
        _ => return None,
    })
}

/// Reads names of `GeoRSS` (simple and GML) and of the W3C's basic vocabulary.
fn geography(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"point" | b"where" | b"box" | b"line" | b"polygon" => Element::Geometry,
        b"lat" => Element::Latitude,
        b"long" | b"lon" => Element::Longitude,
        _ => return None,
    })
}

fn syndication(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"updateperiod" => Element::UpdatePeriod,
        b"updatefrequency" => Element::UpdateFrequency,
        b"updatebase" => Element::UpdateBase,
        _ => return None,
    })
}

/// The maximum number of prefixes in force at a time: each lookup searches them all.
const MAX_PREFIXES: usize = 256;

/// The prefixes in force, innermost last.
#[derive(Debug, Default)]
pub(super) struct Prefixes<'a> {
    bound: Vec<(&'a str, Namespace)>,
    /// The root element's namespace, if it is unknown.
    home: Option<String>,
}

impl<'a> Prefixes<'a> {
    /// Returns the number of prefixes in force, for [`Self::release`].
    pub(super) fn mark(&self) -> usize {
        self.bound.len()
    }

    /// Drops the prefixes bound since `mark`.
    pub(super) fn release(&mut self, mark: usize) {
        self.bound.truncate(mark);
    }

    /// Binds the prefixes that the tag declares.
    pub(super) fn bind(&mut self, tag: &Tag<'a>) {
        for (name, uri) in tag.attributes() {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(prefix) if prefix.starts_with(':') => prefix.trim_start_matches(':'),
                _ => continue,
            };
            if self.bound.len() < MAX_PREFIXES {
                self.bound.push((prefix, self.meaning(uri, prefix)));
            }
        }
    }

    /// Binds the root element's namespace, which belongs to the format itself, whatever its name.
    pub(super) fn bind_root(&mut self, tag: &Tag<'a>) {
        let prefix = prefix(tag.name);
        let mut declared = tag.attributes().filter_map(|(name, uri)| {
            let bound = name.strip_prefix("xmlns")?;
            (bound.trim_start_matches(':') == prefix).then_some(uri)
        });
        self.home = declared
            .next()
            .filter(|uri| namespace(uri).is_none())
            .map(str::to_owned);
    }

    fn meaning(&self, uri: &str, prefix: &str) -> Namespace {
        let is_home = || prefix.is_empty() || self.home.as_deref() == Some(uri);
        match namespace(uri) {
            Some(namespace) => namespace,
            None if is_home() => Namespace::Plain,
            None => Namespace::Other,
        }
    }

    /// Returns the namespace of an element.
    pub(super) fn namespace(&self, name: &str) -> Namespace {
        let prefix = prefix(name);
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == prefix);
        match bound {
            Some((_, namespace)) => *namespace,
            None if prefix.is_empty() => Namespace::Plain,
            None => by_prefix(prefix),
        }
    }
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}
