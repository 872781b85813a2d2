//! A topic's page for people: its live and its quiet stories by day.
//!
//! In: one [`Feed`]. Out: HTML without script, inline style or handler, fit for the content security policy
//! `default-src 'none'; style-src 'self'; img-src https: data:`. Links to other pages are relative: the folder works wherever it stands.

use bytesize::ByteSize;
use chrono::NaiveDate;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::model::{
    Enclosure, Feed, Language, Person, Precision, Published, SafeHtml, Site, Story, Timestamp,
    TopicId,
};

use super::view::{self, Format};
use super::words::{self, Words};

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let words = Words::of(&site.language);
    let mut stories: Vec<&Story> = feed.live.iter().chain(&feed.quiet).collect();
    stories.sort_by(|a, b| a.feed_order(b));
    let body = html! {
        header .masthead {
            nav aria-label=(words.path) {
                a href="index.html" { (site.title) }
            }
            h1 { (feed.title) }
            p .facts { (words.stories(stories.len())) " · " (last_change(feed.updated, words)) }
            div .subscribe {
                span { (words.subscribe) }
                (feed_links(&feed.topic, &feed.title, words))
            }
        }
        main #content {
            @if stories.is_empty() {
                p .empty { (words.no_stories) }
            }
            @for day in stories.chunk_by(|a, b| day_of(a) == day_of(b)) {
                (section(day, words))
            }
        }
    };
    let head = html! {
        title { (feed.title) " · " (site.title) }
        meta name="description" content=(view::description(feed, site));
        @for format in Format::FEEDS {
            link rel="alternate" type=(format.mime_type()) title={ (feed.title) " (" (format.name()) ")" }
                href=(format.file(&feed.topic));
        }
    };
    document(&site.language, &head, &body)
}

/// A whole page around `body`.
pub(super) fn document(language: &Language, head: &Markup, body: &Markup) -> Vec<u8> {
    let words = Words::of(language);
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                (head)
                link rel="stylesheet" href="style.css";
            }
            body {
                a .skip href="#content" { (words.skip) }
                (body)
            }
        }
    };
    view::well_formed(page.into_string())
}

/// Links to a topic's feeds. `title` tells people who only hear the links which topic they belong to.
pub(super) fn feed_links(topic: &TopicId, title: &str, words: &Words) -> Markup {
    html! {
        ul .feeds aria-label={ (words.subscribe) ": " (title) } {
            @for format in Format::FEEDS {
                li { a href=(format.file(topic)) type=(format.mime_type()) { (format.name()) } }
            }
        }
    }
}

/// When something last changed.
pub(super) fn last_change(at: Timestamp, words: &Words) -> Markup {
    let at = view::changed(at);
    html! { (words.last_change) " " time datetime=(at.to_rfc3339()) { (words.day(at.date_naive())) } }
}

/// The day on which a story was published, where its publisher is.
fn day_of(story: &Story) -> NaiveDate {
    view::published(&story.published).date_naive()
}

/// The stories of one day.
fn section(stories: &[&Story], words: &Words) -> Markup {
    html! {
        section .day {
            @if let Some(day) = stories.first().map(|story| day_of(story)) {
                h2 { time datetime=(day) { (words.day(day)) } }
            }
            div {
                @for story in stories { (article(story, words)) }
            }
        }
    }
}

fn article(story: &Story, words: &Words) -> Markup {
    let shown = &story.shown;
    let lang = shown.language.as_ref();
    let text = shown.summary.as_ref().or(shown.content.as_ref());
    html! {
        article id=(story.id) {
            h3 lang=[lang] dir="auto" {
                @match story.address() {
                    Some(address) => a href=(address) { (shown.title) },
                    None => (shown.title),
                }
            }
            p .facts { (facts(story, words)) }
            @if let Some(text) = text.map(SafeHtml::as_str) {
                div .text lang=[lang] dir="auto" { (PreEscaped(text)) }
            }
            (attached(&shown.enclosures, words))
            (also_reported_by(story, words))
        }
    }
}

/// Who published a story, who wrote it, and at what time.
fn facts(story: &Story, words: &Words) -> Markup {
    let authors = &story.shown.authors;
    html! {
        span .publisher { (story.shown_report().publisher) }
        @if !authors.is_empty() {
            " · " (words.by) " " (list(authors, words, person))
        }
        (time(&story.published, words))
    }
}

/// The time of day where one is known; its day stands above.
fn time(published: &Published, words: &Words) -> Markup {
    if published.precision() == Precision::Day {
        return html! {};
    }
    let at = view::published(published);
    html! {
        " · "
        @if let Published::FirstSeen(_) = published { (words.first_seen) " " }
        time datetime=(at.to_rfc3339()) { (words::time_of_day(at)) }
    }
}

fn attached(enclosures: &[Enclosure], words: &Words) -> Markup {
    let file = |enclosure: &Enclosure| {
        let size = ByteSize(enclosure.length_bytes);
        html! {
            a href=(enclosure.url) type=(enclosure.mime_type) { (view::file_name(enclosure)) }
            @if size.0 > 0 { " (" (size.display().si()) ")" }
        }
    };
    html! {
        @if !enclosures.is_empty() {
            p .more { (words.attached) ": " (list(enclosures, words, file)) }
        }
    }
}

fn also_reported_by(story: &Story, words: &Words) -> Markup {
    let reports = view::further(story);
    html! {
        @if !reports.is_empty() {
            p .more {
                (words.also_reported_by) " "
                (list(reports, words, |report| linked(&report.publisher, report.address.as_ref())))
            }
        }
    }
}

fn person(person: &Person) -> Markup {
    linked(&person.name, person.url.as_ref())
}

fn linked(name: &str, address: Option<&url::Url>) -> Markup {
    html! {
        @match address {
            Some(address) => a href=(address) { (name) },
            None => (name),
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list<T>(items: &[T], words: &Words, show: impl Fn(&T) -> Markup) -> Markup {
    html! {
        @for (at, item) in items.iter().enumerate() {
            @if at > 0 && at + 1 == items.len() { " " (words.and) " " } @else if at > 0 { ", " }
            (show(item))
        }
    }
}
