//! A page for people: the live and the quiet stories of a topic, of a branch of it, or of a search, by day.
//!
//! In: one [`Feed`]. Out: HTML without scripts, inline styles or handlers, valid under the content security
//! policy `default-src 'none'; style-src 'self'; img-src https: data:`, with `form-action 'self'` if it
//! contains a search form. Links to other pages are relative: the folder works at any location.

use bytesize::ByteSize;
use chrono::{Datelike as _, NaiveDate, NaiveTime};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::model::{
    Dated, Enclosure, EventDay, Feed, FeedScope, FeedSummary, Image, Language, Person, Precision,
    Published, SafeHtml, Site, Story, Timestamp,
};

use super::search;
use super::view::{self, FeedFormat};
use super::words::{self, SEPARATOR, Words};

/// The longest text shown in full, in characters: a page is an overview, and a longer text would fill it …
const WHOLE_CHARACTERS: usize = 1_500;
/// … so only this many characters of it are shown.
const BEGINNING_CHARACTERS: usize = 800;

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let words = Words::for_language(&site.language);
    let mut stories: Vec<&Story> = feed.live.iter().chain(&feed.quiet).collect();
    stories.sort_by(|a, b| a.feed_order(b));
    let (scope, root) = (&feed.scope, view::path_to_root(&feed.scope));
    let title = view::scope_title(scope, site);
    let (heading, empty, subscribe) = match scope {
        FeedScope::Feed(_) => (title.as_str(), words.no_stories, words.subscribe),
        FeedScope::Search(_) => (words.search, words.nothing_found, words.subscribe_to_search),
    };
    // A topic's title is in the site's language; a search's title is in the language of the page.
    let named = site_language(site).filter(|_| matches!(scope, FeedScope::Feed(_)));
    let body = html! {
        header .masthead {
            (render_breadcrumbs(scope, site))
            h1 lang=[named] dir="auto" { (heading) }
            @if let FeedScope::Search(query) = scope { (search::render_form(root, query, None, words)) }
            p .facts {
                (render_feed_facts(feed.stories, feed.updated, words))
                @if stories.len() < feed.stories { " · " (words.format_newest(stories.len())) }
            }
            div .subscribe {
                span { (subscribe) }
                (render_feed_links(&title, words, |format| format!("{root}{}", format.relative_address(scope))))
            }
            @if !feed.branches.is_empty() {
                nav aria-label=(words.branches) { (render_branches(&feed.branches, root, words)) }
            }
        }
        main #content {
            @if stories.is_empty() {
                p .empty { (empty) }
            }
            @for day in stories.chunk_by(|a, b| day_of(a) == day_of(b)) {
                (render_section(day, words))
            }
        }
        footer { a href={ (root) (INDEX) } { (words.all_topics) } }
    };
    render_document(site, root, &render_head(scope, site), &body)
}

/// The page with all topics.
pub(super) const INDEX: &str = "index.html";

/// Returns the breadcrumbs of a page: the site, and the topic of a branch.
pub(super) fn render_breadcrumbs(scope: &FeedScope, site: &Site) -> Markup {
    let words = Words::for_language(&site.language);
    let root = view::path_to_root(scope);
    let topic = match scope {
        FeedScope::Feed(name) if name.id.branch().is_some() => Some(name),
        _ => None,
    };
    html! {
        nav aria-label=(words.path) {
            a href={ (root) (INDEX) } lang=[site_language(site)] { bdi { (site.title) } }
            @if let Some(name) = topic {
                span aria-hidden="true" { " › " }
                a lang=[site_language(site)] href={ (root) (FeedFormat::Html.file_name(&name.id.topic().clone().into())) } { bdi { (name.topic) } }
            }
        }
    }
}

/// Returns the site's language, for its own texts on a page in another language.
pub(super) fn site_language(site: &Site) -> Option<&Language> {
    let of_page = Words::for_language(&site.language).page_language(&site.language);
    Some(&site.language).filter(|own| own.as_str() != of_page)
}

fn render_head(scope: &FeedScope, site: &Site) -> Markup {
    let (title, root) = (view::scope_title(scope, site), view::path_to_root(scope));
    html! {
        title lang=[site_language(site)] { (title) (SEPARATOR) (site.title) }
        meta name="description" content=(view::describe_scope(scope, site));
        @if let FeedScope::Search(_) = scope { (search::render_noindex()) }
        @for format in FeedFormat::FEEDS {
            link rel="alternate" type=(format.mime_type()) title={ (title) " (" (format.name()) ")" }
                href={ (root) (format.relative_address(scope)) };
        }
    }
}

/// A sheet with lines, inline rather than fetched: a page needs only its style sheet.
const ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E\
    %3Crect%20width='16'%20height='16'%20rx='3'%20fill='%230a5a70'/%3E\
    %3Cpath%20d='M4%205h8M4%208h8M4%2011h5'%20stroke='%23fff'%20stroke-width='1.5'/%3E%3C/svg%3E";

/// Renders the page for an address without a page or feed, with links to all topics and a search. `root` is the
/// path to the published folder.
pub(super) fn render_missing(site: &Site, root: &str) -> Vec<u8> {
    let words = Words::for_language(&site.language);
    let index = format!("{root}{INDEX}");
    let body = html! {
        header .masthead {
            nav aria-label=(words.path) { a href=(index) { (site.title) } }
            h1 { (words.missing) }
            (search::render_form(root, "", None, words))
        }
        main #content { p .empty { (words.missing_why) } }
        footer { a href=(index) { (words.all_topics) } }
    };
    let head = html! {
        title { (words.missing) (SEPARATOR) (site.title) }
        (search::render_noindex())
    };
    render_document(site, root, &head, &body)
}

/// Renders a whole page around `body`; `root` is its path to the published folder.
pub(super) fn render_document(site: &Site, root: &str, head: &Markup, body: &Markup) -> Vec<u8> {
    let words = Words::for_language(&site.language);
    let page = html! {
        (DOCTYPE)
        html lang=(words.page_language(&site.language)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                (head)
                link rel="icon" href=(ICON);
                link rel="stylesheet" href={ (root) "style.css" };
            }
            body {
                a .skip href="#content" { (words.skip) }
                (body)
            }
        }
    };
    view::remove_forbidden_chars(page.into_string())
}

/// Returns links to a feed's formats. `title` names their feed for users of screen readers.
pub(super) fn render_feed_links(
    title: &str,
    words: &Words,
    address: impl Fn(FeedFormat) -> String,
) -> Markup {
    html! {
        ul .feeds aria-label={ (words.subscribe) ": " (title) } {
            @for format in FeedFormat::FEEDS {
                li { a href=(address(format)) type=(format.mime_type()) { (format.name()) } }
            }
        }
    }
}

/// Returns links to the pages of a topic's branches, folded: there may be a hundred.
pub(super) fn render_branches<'a>(
    feeds: impl IntoIterator<Item = &'a FeedSummary>,
    root: &str,
    words: &Words,
) -> Markup {
    html! {
        div .branches {
            @for kind in view::group_by_kind(feeds, words) {
                details {
                    summary { (kind.name) " " span .count { (kind.branches.len()) } }
                    ul {
                        @for (name, feed) in &kind.branches {
                            li {
                                a href={ (root) (FeedFormat::Html.file_name(&feed.name.id)) } { bdi { (name) } }
                                " " span .count { (feed.stories) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Describes the number of stories in a feed, and its last change.
pub(super) fn render_feed_facts(
    stories: usize,
    updated: Option<Timestamp>,
    words: &Words,
) -> Markup {
    html! {
        (words.format_story_count(stories))
        @if let Some(at) = updated.map(view::changed_date) {
            " · " (words.last_change) " " time datetime=(at.to_rfc3339()) { (words.format_day(at.date_naive())) }
        }
    }
}

/// Returns the day on which a story was published, in its publisher's zone; the first day if only the month or
/// year is known.
fn day_of(story: &Story) -> (NaiveDate, Precision) {
    let day = view::published_date(&story.published).date_naive();
    match story.published.precision() {
        Precision::Year => (day.with_ordinal(1).unwrap_or(day), Precision::Year),
        Precision::Month => (day.with_day(1).unwrap_or(day), Precision::Month),
        Precision::Day | Precision::Instant => (day, Precision::Day),
    }
}

/// Renders the stories of one day, or of a month whose days are not known.
fn render_section(stories: &[&Story], words: &Words) -> Markup {
    html! {
        section .day {
            @if let Some((day, precision)) = stories.first().map(|story| day_of(story)) {
                h2 { time datetime=(precision.format_day(day)) { (words.format_date(day, precision)) } }
            }
            div {
                @for story in stories { (render_story(story, words)) }
            }
        }
    }
}

fn render_story(story: &Story, words: &Words) -> Markup {
    let shown = &story.shown;
    // An unknown language is marked, so that the text does not inherit the language of the page (HTML, `lang`).
    let lang = shown.language.as_ref().map_or("", Language::as_str);
    let dir = match &shown.language {
        Some(language) if language.is_rtl() => "rtl",
        Some(_) => "ltr",
        None => "auto",
    };
    let body = shown.summary.as_ref().or(shown.content.as_ref());
    let image = shown.image.as_ref();
    let image = image.filter(|image| !body.is_some_and(|body| contains_image(body, image)));
    html! {
        article id=(story.id) {
            h3 lang=(lang) dir=(dir) {
                @match story.address() {
                    Some(address) => a href=(address) { (shown.title) },
                    None => (shown.title),
                }
            }
            p .facts { (render_facts(story, words)) }
            @if let Some(event) = shown.event {
                p .event { (words.takes_place) ": " (format_event_day(event, words)) }
            }
            @if let Some(image) = image { (render_picture(image, lang)) }
            @if let Some(html) = body {
                div .text lang=(lang) dir=(dir) { (render_text(html, story.address().is_some())) }
            }
            (render_attachments(&attached_files(story), words))
            (render_other_reports(story, words))
        }
    }
}

/// Returns true if the text already contains the picture.
fn contains_image(html: &SafeHtml, image: &Image) -> bool {
    let address = image.url.as_str();
    html.as_str().contains(address) || html.as_str().contains(&address.replace('&', "&amp;"))
}

/// Renders a picture in a box of its own size, so that nothing moves when it loads; if it does not load, the
/// box stays empty. It is fetched when a reader comes near it.
fn render_picture(image: &Image, lang: &str) -> Markup {
    let alt = image.alt.as_deref().unwrap_or_default();
    html! {
        img .picture src=(image.url) alt=(alt) lang=[image.alt.as_ref().map(|_| lang)]
            width=[image.width] height=[image.height] loading="lazy" decoding="async";
    }
}

/// Returns the files of a story without its picture, which is on the page.
fn attached_files(story: &Story) -> Vec<&Enclosure> {
    let shown = story.shown.image.as_ref().map(|image| &image.url);
    let files = story.shown.enclosures.iter();
    files.filter(|file| Some(&file.url) != shown).collect()
}

/// Renders a text in full, or the beginning of a long one if the story's address leads to the rest.
fn render_text(html: &SafeHtml, goes_on: bool) -> Markup {
    let line = view::plain_text(html);
    if goes_on && line.chars().nth(WHOLE_CHARACTERS).is_some() {
        html! { p { (view::truncate_words(&line, BEGINNING_CHARACTERS)) } }
    } else {
        PreEscaped(html.as_str().to_owned())
    }
}

/// Renders the publisher of a story, its authors, and the time of day.
fn render_facts(story: &Story, words: &Words) -> Markup {
    let authors = &story.shown.authors;
    html! {
        bdi .publisher { (story.shown_report().publisher) }
        @if !authors.is_empty() {
            " · " (words.by) " " (render_list(authors, words, render_person))
        }
        (render_time(&story.published, words))
        @for region in view::narrowest_regions(story) {
            " · " data .region value=(region) { (words.format_place(region)) }
        }
    }
}

/// Renders the time of day if one is known; the day is in the heading. Midnight sharp means a day in formats
/// that require a time.
fn render_time(published: &Published, words: &Words) -> Markup {
    let at = view::published_date(published);
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

/// Formats `5 July 2021, 18:30 UTC−6`, or as much of it as is known.
fn format_event_day(event: EventDay, words: &Words) -> Markup {
    let Dated { at, precision } = event.dated();
    html! {
        time datetime=(event) {
            (words.format_date(at.date_naive(), precision))
            @if precision == Precision::Instant { ", " (words::time_of_day(at)) }
        }
    }
}

fn render_attachments(enclosures: &[&Enclosure], words: &Words) -> Markup {
    let file = |enclosure: &&Enclosure| {
        let size = ByteSize(enclosure.length_bytes);
        html! {
            a href=(enclosure.url) type=(enclosure.mime_type) { bdi { (view::file_name(enclosure)) } }
            @if size.0 > 0 { " (" (size.display().si()) ")" }
        }
    };
    html! {
        @if !enclosures.is_empty() {
            p .more { (words.attached) ": " (render_list(enclosures, words, file)) }
        }
    }
}

fn render_other_reports(story: &Story, words: &Words) -> Markup {
    let reports = view::further_reports(story);
    html! {
        @if !reports.is_empty() {
            p .more {
                (words.also_reported_by) " "
                (render_list(reports, words, |report| render_link(&report.publisher, report.address.as_ref())))
            }
        }
    }
}

fn render_person(person: &Person) -> Markup {
    render_link(&person.name, person.url.as_ref())
}

fn render_link(name: &str, address: Option<&url::Url>) -> Markup {
    html! {
        @match address {
            Some(address) => a href=(address) { bdi { (name) } },
            None => bdi { (name) },
        }
    }
}

/// Formats `a`, `a and b`, `a, b and c`.
fn render_list<T>(items: &[T], words: &Words, show: impl Fn(&T) -> Markup) -> Markup {
    html! {
        @for (at, item) in items.iter().enumerate() {
            @if at > 0 && at + 1 == items.len() { " " (words.and) " " } @else if at > 0 { ", " }
            (show(item))
        }
    }
}
