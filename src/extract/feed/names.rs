//! Maps elements to their meaning, regardless of prefix.
//!
//! A namespace is identified by its name, an undeclared prefix by its usual meaning. Elements in no
//! namespace, or in an unknown one that is also that of the root element, belong to the format itself.

use super::scan::{XmlTag, local_name};

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
pub(super) fn find_namespace(uri: &str) -> Option<Namespace> {
    let uri = uri.trim().to_ascii_lowercase();
    let bare = uri
        .strip_prefix("http://")
        .or_else(|| uri.strip_prefix("https://"))
        .unwrap_or(&uri);
    let found = NAMESPACES.iter().find(|(start, _)| bare.starts_with(start));
    found.map(|(_, namespace)| *namespace)
}

/// Returns the usual meaning of a prefix.
pub(super) fn namespace_by_prefix(prefix: &str) -> Namespace {
    let found = PREFIXES
        .iter()
        .find(|(known, _)| prefix.eq_ignore_ascii_case(known));
    found.map_or(Namespace::Other, |(_, namespace)| *namespace)
}

/// The meaning of an element, independent of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedElement {
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
pub(super) fn find_element(namespace: Namespace, name: &str) -> Option<FeedElement> {
    let mut lower = [0_u8; MAX_NAME];
    let name = local_name(name).as_bytes();
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    match namespace {
        Namespace::Plain | Namespace::Atom => core_element(lower),
        Namespace::Content => (lower == b"encoded").then_some(FeedElement::ContentEncoded),
        Namespace::DublinCore => dublin_core_element(lower),
        Namespace::FeedBurner => (lower == b"origlink").then_some(FeedElement::Origin),
        Namespace::FeedHistory => (lower == b"complete").then_some(FeedElement::Complete),
        Namespace::Geo | Namespace::GeoRss => geo_element(lower),
        Namespace::ITunes => itunes_element(lower),
        Namespace::License => (lower == b"license").then_some(FeedElement::License),
        Namespace::Media => media_element(lower),
        Namespace::Rdf => (lower == b"rdf").then_some(FeedElement::Root),
        Namespace::Syndication => syndication_element(lower),
        Namespace::Xhtml => (lower == b"body" || lower == b"div").then_some(FeedElement::Body),
        Namespace::Xml | Namespace::Other => None,
    }
}

fn core_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"title" => FeedElement::Title,
        b"link" => FeedElement::Link,
        b"description" | b"summary" | b"excerpt" => FeedElement::Summary,
        b"pubdate" | b"published" | b"issued" | b"created" | b"date" => FeedElement::Published,
        b"guid" | b"id" => FeedElement::Guid,
        b"item" | b"entry" => FeedElement::Entry,
        b"category" => FeedElement::Category,
        b"author" => FeedElement::Author,
        b"content" => FeedElement::Content,
        b"updated" | b"modified" | b"lastbuilddate" | b"lastmod" => FeedElement::Updated,
        b"comments" => FeedElement::Comments,
        b"enclosure" => FeedElement::Enclosure,
        b"source" => FeedElement::Source,
        b"name" => FeedElement::Name,
        b"email" => FeedElement::Email,
        b"uri" | b"url" | b"homepage" => FeedElement::Url,
        b"contributor" => FeedElement::Contributor,
        b"rights" | b"copyright" => FeedElement::Rights,
        b"categories" | b"authors" | b"enclosures" | b"links" => FeedElement::Group,
        b"body" | b"fullitem" => FeedElement::Body,
        b"rss" | b"rdf" | b"feed" => FeedElement::Root,
        b"channel" => FeedElement::Channel,
        b"subtitle" | b"tagline" | b"abstract" => FeedElement::Subtitle,
        b"language" => FeedElement::Language,
        b"managingeditor" | b"webmaster" => FeedElement::ManagingEditor,
        b"image" => FeedElement::Image,
        b"logo" | b"icon" => FeedElement::Logo,
        b"keywords" | b"tags" => FeedElement::Keywords,
        b"ttl" => FeedElement::Ttl,
        b"skiphours" => FeedElement::SkipHours,
        b"hour" => FeedElement::Hour,
        b"skipdays" => FeedElement::SkipDays,
        b"day" => FeedElement::Day,
        b"cloud" => FeedElement::Cloud,
        _ => return None,
    })
}

fn dublin_core_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"title" => FeedElement::Title,
        b"description" | b"abstract" => FeedElement::Summary,
        b"creator" | b"author" => FeedElement::Creator,
        b"contributor" | b"publisher" => FeedElement::Contributor,
        b"subject" => FeedElement::Category,
        b"date" | b"issued" | b"created" | b"available" | b"datesubmitted" => {
            FeedElement::Published
        }
        b"modified" => FeedElement::Updated,
        b"language" => FeedElement::Language,
        b"identifier" => FeedElement::Guid,
        b"rights" => FeedElement::Rights,
        b"license" => FeedElement::License,
        _ => return None,
    })
}

fn itunes_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"title" => FeedElement::Title,
        b"author" => FeedElement::Creator,
        b"owner" => FeedElement::ManagingEditor,
        b"name" => FeedElement::Name,
        b"email" => FeedElement::Email,
        b"summary" | b"description" => FeedElement::ITunesSummary,
        b"subtitle" => FeedElement::Subtitle,
        b"category" => FeedElement::Category,
        b"keywords" => FeedElement::Keywords,
        b"image" | b"link" => FeedElement::ITunesImage,
        b"new-feed-url" => FeedElement::MovedTo,
        b"duration" => FeedElement::Duration,
        _ => return None,
    })
}

fn media_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"title" => FeedElement::Title,
        b"description" => FeedElement::Summary,
        b"content" => FeedElement::MediaContent,
        b"group" => FeedElement::Group,
        b"thumbnail" => FeedElement::Thumbnail,
        b"category" => FeedElement::Category,
        b"keywords" => FeedElement::Keywords,
        b"credit" => FeedElement::Creator,
        b"license" => FeedElement::License,
        b"copyright" => FeedElement::Rights,
        _ => return None,
    })
}

/// Reads names of `GeoRSS` (simple and GML) and of the W3C's basic vocabulary.
fn geo_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"point" | b"where" | b"box" | b"line" | b"polygon" => FeedElement::Geometry,
        b"lat" => FeedElement::Latitude,
        b"long" | b"lon" => FeedElement::Longitude,
        _ => return None,
    })
}

fn syndication_element(name: &[u8]) -> Option<FeedElement> {
    Some(match name {
        b"updateperiod" => FeedElement::UpdatePeriod,
        b"updatefrequency" => FeedElement::UpdateFrequency,
        b"updatebase" => FeedElement::UpdateBase,
        _ => return None,
    })
}

/// The maximum number of prefixes in force at a time: each lookup searches them all.
const MAX_PREFIXES: usize = 256;

/// The prefixes in force, innermost last.
#[derive(Debug, Default)]
pub(super) struct NamespaceScope<'a> {
    bound: Vec<(&'a str, Namespace)>,
    /// The root element's namespace, if it is unknown.
    home: Option<String>,
}

impl<'a> NamespaceScope<'a> {
    /// Returns the number of prefixes in force, for [`Self::release`].
    pub(super) fn bound_count(&self) -> usize {
        self.bound.len()
    }

    /// Drops the prefixes bound since `mark`.
    pub(super) fn release_to(&mut self, mark: usize) {
        self.bound.truncate(mark);
    }

    /// Binds the prefixes that the tag declares.
    pub(super) fn bind_prefixes(&mut self, tag: &XmlTag<'a>) {
        for (name, uri) in tag.attributes() {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(prefix) if prefix.starts_with(':') => prefix.trim_start_matches(':'),
                _ => continue,
            };
            if self.bound.len() < MAX_PREFIXES {
                self.bound.push((prefix, self.resolve_prefix(uri, prefix)));
            }
        }
    }

    /// Binds the root element's namespace, which belongs to the format itself, whatever its name.
    pub(super) fn bind_root(&mut self, tag: &XmlTag<'a>) {
        let prefix = name_prefix(tag.name);
        let mut declared = tag.attributes().filter_map(|(name, uri)| {
            let bound = name.strip_prefix("xmlns")?;
            (bound.trim_start_matches(':') == prefix).then_some(uri)
        });
        self.home = declared
            .next()
            .filter(|uri| find_namespace(uri).is_none())
            .map(str::to_owned);
    }

    fn resolve_prefix(&self, uri: &str, prefix: &str) -> Namespace {
        let is_home = || prefix.is_empty() || self.home.as_deref() == Some(uri);
        match find_namespace(uri) {
            Some(namespace) => namespace,
            None if is_home() => Namespace::Plain,
            None => Namespace::Other,
        }
    }

    /// Returns the namespace of an element.
    pub(super) fn element_namespace(&self, name: &str) -> Namespace {
        let prefix = name_prefix(name);
        let bound = self.bound.iter().rev().find(|(bound, _)| *bound == prefix);
        match bound {
            Some((_, namespace)) => *namespace,
            None if prefix.is_empty() => Namespace::Plain,
            None => namespace_by_prefix(prefix),
        }
    }
}

fn name_prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}
