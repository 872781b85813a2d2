//! The way to the feeds: a page for people, and OPML 2.0 for readers that take them all at once.
//!
//! In: the [`FeedSummary`] of every feed, in the order of the list.

use std::io;

use maud::html;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::model::{FeedSummary, Site};

use super::page;
use super::view::{self, Format};
use super::words::Words;

const OPML: &str = "index.opml";

pub(super) fn page(site: &Site, feeds: &[FeedSummary]) -> Vec<u8> {
    let words = Words::of(&site.language);
    let body = html! {
        header .masthead {
            h1 { (site.title) }
            @if !feeds.is_empty() {
                p .lead { (words.about) }
                p .facts { a href=(OPML) type="text/x-opml" { (words.all_feeds) } }
            }
        }
        main #content {
            @if feeds.is_empty() {
                p .empty { (words.no_feeds) }
            } @else {
                h2 .unseen { (words.feeds) }
            }
            @for feed in feeds {
                article .feed {
                    div {
                        h3 { a href=(Format::Html.file(&feed.id)) { (feed.title) } }
                        p .facts { (page::feed_facts(feed.stories, feed.updated, words)) }
                    }
                    (page::feed_links(&feed.id, &feed.title, words))
                }
            }
        }
    };
    let head = html! {
        title { (site.title) }
        meta name="description" content={ (words.feeds) ": " (site.title) };
        link rel="alternate" type="text/x-opml" title=(words.all_feeds) href=(OPML);
    };
    page::document(&site.language, &head, &body)
}

pub(super) fn opml(site: &Site, feeds: &[FeedSummary]) -> Vec<u8> {
    let bytes = write(site, feeds).expect("memory takes every byte");
    view::well_formed(String::from_utf8(bytes).expect("text was written"))
}

fn write(site: &Site, feeds: &[FeedSummary]) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let opml = xml
        .create_element("opml")
        .with_attribute(("version", "2.0"));
    opml.write_inner_content(|xml| {
        xml.create_element("head")
            .write_inner_content(|xml| head(xml, site, feeds))?;
        xml.create_element("body").write_inner_content(|xml| {
            feeds.iter().try_for_each(|feed| outline(xml, site, feed))
        })?;
        Ok(())
    })?;
    Ok(xml.into_inner())
}

fn head(xml: &mut Writer<Vec<u8>>, site: &Site, feeds: &[FeedSummary]) -> io::Result<()> {
    xml.create_element("title")
        .write_text_content(BytesText::new(&site.title))?;
    if let Some(latest) = feeds.iter().filter_map(|feed| feed.updated).max() {
        xml.create_element("dateModified")
            .write_text_content(BytesText::new(&view::rfc822(view::changed(latest))))?;
    }
    Ok(())
}

fn outline(xml: &mut Writer<Vec<u8>>, site: &Site, feed: &FeedSummary) -> io::Result<()> {
    xml.create_element("outline")
        .with_attribute(("type", "rss"))
        .with_attribute(("text", feed.title.as_str()))
        .with_attribute(("title", feed.title.as_str()))
        .with_attribute(("xmlUrl", &*Format::Atom.address(&feed.id, site)))
        .with_attribute(("htmlUrl", &*Format::Html.address(&feed.id, site)))
        .write_empty()?;
    Ok(())
}
