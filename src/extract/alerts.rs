//! Reads alerts of the Common Alerting Protocol into raw entries.
//!
//! In: the tree of a document: one alert, a set of them, or an EDXL message around some. Out: one entry per
//! alert.
//!
//! Follows CAP 1.2 and also reads 1.0 and 1.1. An alert repeats its message in blocks (`info`), each for a
//! language or for some of its areas. The blocks in the language of the source, else in that of the first
//! block, make the title and the text. Blocks in other languages follow, marked as such.
//!
//! | entry | alert |
//! |---|---|
//! | `guid` | `identifier` |
//! | `title` | `headline`; `event` and areas; `note`; the kind of message and its references |
//! | `published`, `event` | `sent`; `onset`, else `effective` |
//! | `content` | `description`, `instruction`, `areaDesc`, `severity` and `expires` |
//! | `link` | `web` |
//! | `tags` | `category`, `event`, `msgType` of anything but a first alert |
//! | `authors` | `senderName` |
//! | `enclosures`, `links` | `resource`; those that are pages become links |
//! | `point` | the middle of the first `circle` |
//!
//! An update and a cancellation are messages with their own identifiers, because readers must receive them.
//! The title of a test or an exercise, which is not an `Actual` alert, says so.
//!
//! No network, no clock.

use super::rules::escaped;
use super::xml::{Element, Tree};
use crate::model::{
    Language, RawAuthor, RawEnclosure, RawEntry, RawLink, RawTag, RawText, Relation,
};

/// The part common to all versions of the protocol's namespace.
const NAMESPACE: &str = "emergency:cap";

/// The maximum number of areas in the title of an alert without a headline.
const MAX_NAMED_AREAS: usize = 3;

/// The minimum length of a line that is broken by its width.
const MIN_WRAPPED_CHARS: usize = 50;

/// Each `category` and its name for people (CAP 1.2 §3.2.2).
const CATEGORIES: [(&str, &str); 11] = [
    ("Geo", "Geophysical"),
    ("Met", "Meteorological"),
    ("Safety", "Safety"),
    ("Security", "Security"),
    ("Rescue", "Rescue"),
    ("Fire", "Fire"),
    ("Health", "Health"),
    ("Env", "Environment"),
    ("Transport", "Transport"),
    ("Infra", "Infrastructure"),
    ("CBRNE", "CBRNE"),
];

/// Returns the alerts of a document that consists of them, and `None` for any other. An alert in which the
/// document breaks off is left out: half a notice may say the opposite of the whole one.
pub(super) fn of<'a>(tree: &'a Tree<'_>) -> Option<Vec<Element<'a>>> {
    let root = tree.document().children().next()?;
    let has = |name: &str| root.children().any(|child| child.local() == name);
    let is_bare = || has("identifier") && has("sender") && has("sent");
    let alerts: Vec<Element<'a>> = match root.local() {
        "alert" if root.declares(NAMESPACE) || is_bare() => vec![root],
        "alerts" if root.declares(NAMESPACE) => {
            let within = root.children();
            within.filter(|child| child.local() == "alert").collect()
        }
        _ if is_envelope(&root) => {
            let within = root.descendants();
            within.filter(|child| child.local() == "alert").collect()
        }
        _ => return None,
    };
    let whole = alerts.into_iter().filter(|alert| !alert.is_cut());
    Some(whole.collect())
}

/// Returns true if a root element is that of an EDXL message, regardless of its content.
pub(super) fn is_envelope(root: &Element<'_>) -> bool {
    root.local().starts_with("EDXL") || root.declares("emergency:edxl")
}

/// Returns the entry of one alert, for a source in `language`.
pub(super) fn entry(alert: &Element<'_>, language: Option<&Language>) -> RawEntry {
    let blocks: Vec<Block<'_>> = children(alert, "info").map(Block).collect();
    let wanted = language.map(Language::primary);
    let is_of = |block: &&Block<'_>, language: &str| block.language() == Some(language.to_owned());
    let first = blocks
        .iter()
        .find(|block| wanted.is_some_and(|wanted| is_of(block, wanted)))
        .or(blocks.first());
    let told = first.and_then(Block::language);
    let (own, others): (Vec<&Block<'_>>, Vec<&Block<'_>>) =
        blocks.iter().partition(|block| block.language() == told);
    let title = titled(alert, &own);
    let value = |name: &str| own.iter().find_map(|block| block.value(name));
    RawEntry {
        guid: text(alert, "identifier"),
        content: content(&own, &others, title.as_deref()).map(RawText::Html),
        title: title.map(RawText::Plain),
        link: value("web"),
        published: text(alert, "sent"),
        event: value("onset").or_else(|| value("effective")),
        language: value("language"),
        authors: value("senderName")
            .map(|name| RawAuthor { name, url: None })
            .into_iter()
            .collect(),
        tags: tags(alert, &own),
        enclosures: resources(&own).filter(|file| !is_page(file)).collect(),
        links: resources(&own).filter(is_page).map(page).collect(),
        point: own.iter().find_map(|block| block.point()),
        ..RawEntry::default()
    }
}

/// One `info`: the message of the alert, in one language and for some areas.
struct Block<'a>(Element<'a>);

impl Block<'_> {
    fn value(&self, name: &str) -> Option<String> {
        text(&self.0, name)
    }

    /// Returns the primary language that it states.
    fn language(&self) -> Option<String> {
        let stated: Language = self.value("language")?.parse().ok()?;
        Some(stated.primary().to_owned())
    }

    fn areas(&self) -> Vec<String> {
        let mut areas = Vec::new();
        for area in children(&self.0, "area").filter_map(|area| text(&area, "areaDesc")) {
            if !areas.contains(&area) {
                areas.push(area);
            }
        }
        areas
    }

    /// Returns latitude and longitude of the middle of a `circle`: `-35.38,147.05 25.0`.
    fn point(&self) -> Option<(f64, f64)> {
        let circle = children(&self.0, "area").find_map(|area| text(&area, "circle"))?;
        let (middle, _) = circle.split_once(' ')?;
        let (latitude, longitude) = middle.split_once(',')?;
        let (latitude, longitude) = (latitude.parse().ok()?, longitude.parse().ok()?);
        let is_place = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        is_place.then_some((latitude, longitude))
    }

    /// Returns its texts as markup. A headline that differs from the `title` precedes them.
    fn markup(&self, title: Option<&str>) -> String {
        let headline = self.value("headline");
        let headline =
            headline.filter(|headline| title.is_none_or(|title| !title.ends_with(headline)));
        let heading = headline.map(|headline| format!("<h3>{}</h3>", escaped(&headline)));
        let texts = ["description", "instruction"].map(|name| self.value(name));
        let texts = texts.into_iter().flatten().map(|text| paragraphs(&text));
        let areas = self.areas().join("; ");
        let known = |value: &String| value != "Unknown";
        let severity = self.value("severity").filter(known);
        let told = [("Severity", severity), ("Expires", self.value("expires"))];
        let told = told
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
        let told: Vec<String> = told.collect();
        let last = [areas, told.join(". ")].into_iter();
        let last = last.filter(|text| !text.is_empty());
        let last = last.map(|text| format!("<p>{}</p>", escaped(&text)));
        heading.into_iter().chain(texts).chain(last).collect()
    }
}

fn children<'a>(of: &Element<'a>, name: &'static str) -> impl Iterator<Item = Element<'a>> {
    of.children().filter(move |child| child.local() == name)
}

/// Returns the characters of the first child of that name, unless they are blank.
fn text(of: &Element<'_>, name: &str) -> Option<String> {
    let mut found = of.children().filter(|child| child.local() == name);
    found.find_map(|child| {
        let text = child.characters().trim().to_owned();
        (!text.is_empty()).then_some(text)
    })
}

fn titled(alert: &Element<'_>, own: &[&Block<'_>]) -> Option<String> {
    let headline = || own.iter().find_map(|block| block.value("headline"));
    let event = || {
        let event = own.iter().find_map(|block| block.value("event"))?;
        let areas = own.iter().flat_map(|block| block.areas());
        let areas: Vec<String> = areas.take(MAX_NAMED_AREAS).collect();
        Some(match areas.as_slice() {
            [] => event,
            areas => format!("{event}: {}", areas.join(", ")),
        })
    };
    let message = || {
        let kind = text(alert, "msgType")?;
        let references = text(alert, "references").unwrap_or_default();
        // The sender, the identifier, and the time it was sent.
        let first = references.split_whitespace().next();
        let referred = first.and_then(|first| first.split(',').nth(1).map(str::to_owned));
        let named = referred.or_else(|| text(alert, "identifier"))?;
        Some(format!("{kind}: {named}"))
    };
    let title = headline()
        .or_else(event)
        .or_else(|| text(alert, "note"))
        .or_else(message)?;
    let status = text(alert, "status").filter(|status| status != "Actual");
    Some(match status {
        Some(status) => format!("{status}: {title}"),
        None => title,
    })
}

/// Returns the text of the blocks, each text once, with other languages marked.
fn content(own: &[&Block<'_>], others: &[&Block<'_>], title: Option<&str>) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for block in own {
        let part = block.markup(title);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    for block in others {
        let part = block.markup(None);
        let language = block.language().unwrap_or_default();
        let part = format!("<div lang=\"{}\">{part}</div>", escaped(&language));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let html = parts.concat();
    (!html.is_empty()).then_some(html)
}

/// Returns a text as markup. Its own markup is kept, blank lines end paragraphs, and lines broken only by
/// their width are joined.
fn paragraphs(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if ["<br", "<p>", "</"].iter().any(|tag| lower.contains(tag)) {
        return format!("<div>{text}</div>");
    }
    let mut html = String::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim).chain([""]) {
        if !line.is_empty() {
            lines.push(line);
        } else if let Some((_, wrapped)) = lines.split_last() {
            let is_wrapped = |line: &&str| line.chars().count() >= MIN_WRAPPED_CHARS;
            let between = if wrapped.iter().all(is_wrapped) {
                " "
            } else {
                "<br>"
            };
            let written: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
            html = html + "<p>" + &written.join(between) + "</p>";
            lines.clear();
        }
    }
    html
}

fn tags(alert: &Element<'_>, own: &[&Block<'_>]) -> Vec<RawTag> {
    let mut tags: Vec<RawTag> = Vec::new();
    let kind = text(alert, "msgType").filter(|kind| kind != "Alert");
    let categories = own.iter().flat_map(|block| {
        let coded =
            children(&block.0, "category").map(|found| found.characters().trim().to_owned());
        coded.filter_map(|code| {
            let known = CATEGORIES.iter().find(|(known, _)| *known == code);
            known.map(|(_, name)| (*name).to_owned())
        })
    });
    let events = own.iter().filter_map(|block| block.value("event"));
    for name in kind.into_iter().chain(categories).chain(events) {
        let tag = RawTag::from(name);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Returns the resources that the blocks attach.
fn resources<'a>(own: &'a [&Block<'_>]) -> impl Iterator<Item = RawEnclosure> + use<'a> {
    let all = own.iter().flat_map(|block| children(&block.0, "resource"));
    all.filter_map(|resource| {
        Some(RawEnclosure {
            url: text(&resource, "uri")?,
            title: text(&resource, "resourceDesc"),
            mime_type: text(&resource, "mimeType"),
            length_bytes: text(&resource, "size"),
            duration: None,
        })
    })
}

fn is_page(file: &RawEnclosure) -> bool {
    let stated = file.mime_type.as_deref().unwrap_or_default();
    stated.trim().eq_ignore_ascii_case("text/html")
}

fn page(file: RawEnclosure) -> RawLink {
    RawLink {
        relation: Relation::Related,
        url: file.url,
        title: file.title,
    }
}
