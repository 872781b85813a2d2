//! A topic's page for people: its live and its quiet stories by day.
//!
//! In: one [`Feed`]. Out: HTML without script, inline style or handler, fit for the content security policy
//! `default-src 'none'; style-src 'self'; img-src https: data:`. Links to other pages are relative: the folder works wherever it stands.

use bytesize::ByteSize;
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::model::{
    Enclosure, Feed, FeedId, Language, Person, Precision, Published, SafeHtml, Site, Story,
    Timestamp,
};

use super::view::{self, Format};
use super::words::{self, Words};

/// A page is an overview. A text of more characters than this would be all there is to see of it …
const WHOLE_CHARACTERS: usize = 1_500;
/// … and gives only so many.
const BEGINNING_CHARACTERS: usize = 800;

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
            p .facts { (feed_facts(stories.len(), feed.updated, words)) }
            div .subscribe {
                span { (words.subscribe) }
                (feed_links(&feed.id, &feed.title, words))
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
        footer { a href="index.html" { (words.all_topics) } }
    };
    let head = html! {
        title { (feed.title) " · " (site.title) }
        meta name="description" content=(view::description(feed, site));
        @for format in Format::FEEDS {
            link rel="alternate" type=(format.mime_type()) title={ (feed.title) " (" (format.name()) ")" }
                href=(format.file(&feed.id));
        }
    };
    document(&site.language, &head, &body)
}

/// A note with its lines, drawn rather than fetched: a page is whole with its style alone.
const ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E\
    %3Crect%20width='16'%20height='16'%20rx='3'%20fill='%230a5a70'/%3E\
    %3Cpath%20d='M4%205h8M4%208h8M4%2011h5'%20stroke='%23fff'%20stroke-width='1.5'/%3E%3C/svg%3E";

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
                meta name="referrer" content="no-referrer";
                (head)
                link rel="icon" href=(ICON);
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

/// Links to a feed's formats. `title` tells people who only hear the links which feed they belong to.
pub(super) fn feed_links(id: &FeedId, title: &str, words: &Words) -> Markup {
    html! {
        ul .feeds aria-label={ (words.subscribe) ": " (title) } {
            @for format in Format::FEEDS {
                li { a href=(format.file(id)) type=(format.mime_type()) { (format.name()) } }
            }
        }
    }
}

/// How much is in a feed, and when it last changed.
pub(super) fn feed_facts(stories: usize, updated: Option<Timestamp>, words: &Words) -> Markup {
    html! {
        (words.stories(stories))
        @if let Some(at) = updated.map(view::changed) {
            " · " (words.last_change) " " time datetime=(at.to_rfc3339()) { (words.day(at.date_naive())) }
        }
    }
}

/// The day on which a story was published, where its publisher is; of a month or a year the first, where no more is known.
fn day_of(story: &Story) -> (NaiveDate, Precision) {
    let day = view::published(&story.published).date_naive();
    match story.published.precision() {
        Precision::Year => (day.with_ordinal(1).unwrap_or(day), Precision::Year),
        Precision::Month => (day.with_day(1).unwrap_or(day), Precision::Month),
        Precision::Day | Precision::Instant => (day, Precision::Day),
    }
}

/// The stories of one day, or of a month whose days are not known.
fn section(stories: &[&Story], words: &Words) -> Markup {
    html! {
        section .day {
            @if let Some((day, precision)) = stories.first().map(|story| day_of(story)) {
                h2 { time datetime=(precision.of_day(day)) { (words.date(day, precision)) } }
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
    html! {
        article id=(story.id) {
            h3 lang=[lang] dir="auto" {
                @match story.address() {
                    Some(address) => a href=(address) { (shown.title) },
                    None => (shown.title),
                }
            }
            p .facts { (facts(story, words)) }
            @if let Some(html) = shown.summary.as_ref().or(shown.content.as_ref()) {
                div .text lang=[lang] dir="auto" { (text(html, story.address().is_some())) }
            }
            (attached(&shown.enclosures, words))
            (also_reported_by(story, words))
        }
    }
}

/// A text as it is; of a long one its beginning, where the story's address leads to the rest.
fn text(html: &SafeHtml, goes_on: bool) -> Markup {
    let line = view::plain(html);
    if goes_on && line.chars().nth(WHOLE_CHARACTERS).is_some() {
        html! { p { (view::beginning(&line, BEGINNING_CHARACTERS)) } }
    } else {
        PreEscaped(html.as_str().to_owned())
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
        @for region in &story.regions {
            " · " span .region { (region) }
        }
    }
}

/// The time of day where one is known; its day stands above. Midnight sharp is a day, in a format that wants a time.
fn time(published: &Published, words: &Words) -> Markup {
    let at = view::published(published);
    let first_seen = matches!(published, Published::FirstSeen(_));
    if published.precision() != Precision::Instant || (!first_seen && at.time() == NaiveTime::MIN) {
        return html! {};
    }
    html! {
        " · "
        @if first_seen { (words.first_seen) " " }
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
