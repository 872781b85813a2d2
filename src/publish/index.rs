//! The lists of feeds: a page for people, and OPML 2.0 for feed readers that import all feeds at once.
//!
//! In: the [`FeedSummary`] of every feed: topics in the order of the list, with branches anywhere among them.
//! Out: a page on which each topic is followed by its branches, a list of the topics, and a list of the
//! branches. The lists are separate because a reader subscribes to everything in a list: to five topics, not to
//! hundreds of parts of them.

use std::io;

use maud::{Markup, html};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::model::{FeedSummary, Site, Timestamp};

use super::page;
use super::search::{self, SearchAvailability};
use super::view::{self, FeedFormat};
use super::words::{SEPARATOR, Words};

/// Renders the list of the topics.
pub(super) const OPML: &str = "index.opml";
/// The list of their branches.
pub(super) const BRANCHES: &str = "branches.opml";

/// A topic with its branches.
type TopicEntry<'a> = (&'a FeedSummary, Vec<&'a FeedSummary>);

/// Returns every topic, in order, with its branches.
fn group_topics(feeds: &[FeedSummary]) -> Vec<TopicEntry<'_>> {
    let mut branches = view::branches_by_topic(feeds);
    let topics = feeds.iter().filter(|feed| feed.name.id.branch().is_none());
    topics
        .map(|feed| {
            (
                feed,
                branches.remove(feed.name.id.topic()).unwrap_or_default(),
            )
        })
        .collect()
}

pub(super) fn render_page(
    site: &Site,
    feeds: &[FeedSummary],
    search: SearchAvailability,
) -> Vec<u8> {
    let words = Words::for_language(&site.language);
    let has_branches = feeds.iter().any(is_branch);
    let body = html! {
        header .masthead {
            h1 lang=[page::site_language(site)] dir="auto" { (site.title) }
            @if !feeds.is_empty() {
                p .lead { (words.about) }
                @if search == SearchAvailability::Offered { (search::render_form("", "", None, words)) }
                p .facts {
                    a href=(OPML) type="text/x-opml" { (words.all_feeds) }
                    @if has_branches {
                        " · " a href=(BRANCHES) type="text/x-opml" { (words.all_branches) }
                    }
                }
            }
        }
        main #content {
            @if feeds.is_empty() {
                p .empty { (words.no_feeds) }
            } @else {
                h2 .unseen { (words.feeds) }
            }
            @for entry in group_topics(feeds) { (render_topic(&entry, site, words)) }
        }
    };
    let head = html! {
        title lang=[page::site_language(site)] { (site.title) }
        meta name="description" content={ (words.feeds) ": " (site.title) };
        link rel="alternate" type="text/x-opml" title=(words.all_feeds) href=(OPML);
    };
    page::render_document(site, "", &head, &body)
}

fn is_branch(feed: &FeedSummary) -> bool {
    feed.name.id.branch().is_some()
}

fn render_topic((feed, branches): &TopicEntry, site: &Site, words: &Words) -> Markup {
    let name = &feed.name;
    html! {
        article .feed {
            div {
                h3 lang=[page::site_language(site)] dir="auto" { a href=(FeedFormat::Html.file_name(&name.id)) { (name.topic) } }
                p .facts { (page::render_feed_facts(feed.stories, feed.updated, words)) }
            }
            (page::render_feed_links(&name.topic, words, |format| format.file_name(&name.id)))
            @if !branches.is_empty() { (page::render_branches(branches.iter().copied(), "", words)) }
        }
    }
}

/// Renders the list of the topics.
pub(super) fn render_opml(site: &Site, feeds: &[FeedSummary]) -> Vec<u8> {
    let listed: Vec<&FeedSummary> = feeds.iter().filter(|feed| !is_branch(feed)).collect();
    render_list(site, &site.title, &listed, |xml| {
        listed
            .iter()
            .try_for_each(|topic| write_outline(xml, site, topic))
    })
}

/// Renders the list of the branches, with a folder per topic; `None` if there are no branches.
pub(super) fn render_branches(site: &Site, feeds: &[FeedSummary]) -> Option<Vec<u8>> {
    let listed: Vec<&FeedSummary> = feeds.iter().filter(|feed| is_branch(feed)).collect();
    let words = Words::for_language(&site.language);
    let title = format!("{}{SEPARATOR}{}", site.title, words.branches_of_topics);
    let mut folders = group_topics(feeds);
    folders.retain(|(_, branches)| !branches.is_empty());
    (!listed.is_empty()).then(|| {
        render_list(site, &title, &listed, |xml| {
            folders
                .iter()
                .try_for_each(|entry| write_topic_folder(xml, site, entry))
        })
    })
}

/// Renders a list of `feeds`, whose outlines are those of `body`.
fn render_list(
    site: &Site,
    title: &str,
    feeds: &[&FeedSummary],
    body: impl Fn(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> Vec<u8> {
    let updated = feeds.iter().filter_map(|feed| feed.updated).max();
    let bytes = write_opml(site, title, updated, body).expect("memory takes every byte");
    view::remove_forbidden_chars(String::from_utf8(bytes).expect("text was written"))
}

fn write_opml(
    site: &Site,
    title: &str,
    updated: Option<Timestamp>,
    body: impl Fn(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let opml = xml
        .create_element("opml")
        .with_attribute(("version", "2.0"));
    opml.write_inner_content(|xml| {
        xml.create_element("head")
            .write_inner_content(|xml| write_head(xml, site, title, updated))?;
        xml.create_element("body").write_inner_content(body)?;
        Ok(())
    })?;
    Ok(xml.into_inner())
}

fn write_head(
    xml: &mut Writer<Vec<u8>>,
    site: &Site,
    title: &str,
    updated: Option<Timestamp>,
) -> io::Result<()> {
    xml.create_element("title")
        .write_text_content(BytesText::new(title))?;
    if let Some(latest) = updated {
        xml.create_element("dateModified")
            .write_text_content(BytesText::new(&view::format_rfc822(view::changed_date(
                latest,
            ))))?;
    }
    xml.create_element("ownerName")
        .write_text_content(BytesText::new(&site.title))?;
    Ok(())
}

/// Writes the branches of a topic, by kind and name.
fn write_topic_folder(
    xml: &mut Writer<Vec<u8>>,
    site: &Site,
    (topic, branches): &TopicEntry,
) -> io::Result<()> {
    let words = Words::for_language(&site.language);
    let title = topic.name.topic.as_str();
    let folder = xml
        .create_element("outline")
        .with_attribute(("text", title))
        .with_attribute(("title", title));
    folder.write_inner_content(|xml| {
        let kinds = view::group_by_kind(branches.iter().copied(), words);
        let mut branches = kinds.iter().flat_map(|kind| &kind.branches);
        branches.try_for_each(|(_, branch)| write_outline(xml, site, branch))
    })?;
    Ok(())
}

fn write_outline(xml: &mut Writer<Vec<u8>>, site: &Site, feed: &FeedSummary) -> io::Result<()> {
    let title = view::feed_title(&feed.name, Words::for_language(&site.language));
    let address =
        |format: FeedFormat| format!("{}{}", site.base_url, format.file_name(&feed.name.id));
    xml.create_element("outline")
        .with_attribute(("type", "rss"))
        .with_attribute(("text", title.as_str()))
        .with_attribute(("title", title.as_str()))
        .with_attribute(("xmlUrl", &*address(FeedFormat::Atom)))
        .with_attribute(("htmlUrl", &*address(FeedFormat::Html)))
        .write_empty()?;
    Ok(())
}
