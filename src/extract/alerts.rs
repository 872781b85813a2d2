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

use super::rules::escape_text;
use super::xml::{XmlElement, XmlTree};
use crate::model::{
    Language, LinkRelation, RawAuthor, RawEnclosure, RawEntry, RawLink, RawTag, RawText,
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
pub(super) fn find_alerts<'a>(tree: &'a XmlTree<'_>) -> Option<Vec<XmlElement<'a>>> {
    let root = tree.document().children().next()?;
    let has = |name: &str| root.children().any(|child| child.local_name() == name);
    let is_bare = || has("identifier") && has("sender") && has("sent");
    let alerts: Vec<XmlElement<'a>> = match root.local_name() {
        "alert" if root.declares_namespace(NAMESPACE) || is_bare() => vec![root],
        "alerts" if root.declares_namespace(NAMESPACE) => {
            let within = root.children();
            within
                .filter(|child| child.local_name() == "alert")
                .collect()
        }
        _ if is_envelope(&root) => {
            let within = root.descendants();
            within
                .filter(|child| child.local_name() == "alert")
                .collect()
        }
        _ => return None,
    };
    let whole = alerts.into_iter().filter(|alert| !alert.is_truncated());
    Some(whole.collect())
}

/// Returns true if a root element is that of an EDXL message, regardless of its content.
pub(super) fn is_envelope(root: &XmlElement<'_>) -> bool {
    root.local_name().starts_with("EDXL") || root.declares_namespace("emergency:edxl")
}

/// Returns the entry of one alert, for a source in `language`.
pub(super) fn parse_alert(alert: &XmlElement<'_>, language: Option<&Language>) -> RawEntry {
    let blocks: Vec<AlertInfo<'_>> = child_elements(alert, "info").map(AlertInfo).collect();
    let wanted = language.map(Language::primary);
    let is_of =
        |block: &&AlertInfo<'_>, language: &str| block.language() == Some(language.to_owned());
    let first = blocks
        .iter()
        .find(|block| wanted.is_some_and(|wanted| is_of(block, wanted)))
        .or(blocks.first());
    let told = first.and_then(AlertInfo::language);
    let (own, others): (Vec<&AlertInfo<'_>>, Vec<&AlertInfo<'_>>) =
        blocks.iter().partition(|block| block.language() == told);
    let title = alert_title(alert, &own);
    let value = |name: &str| own.iter().find_map(|block| block.child_text(name));
    RawEntry {
        guid: child_text(alert, "identifier"),
        content: join_content(&own, &others, title.as_deref()).map(RawText::Html),
        title: title.map(RawText::Plain),
        link: value("web"),
        published: child_text(alert, "sent"),
        event: value("onset").or_else(|| value("effective")),
        language: value("language"),
        authors: value("senderName")
            .map(|name| RawAuthor { name, url: None })
            .into_iter()
            .collect(),
        tags: collect_tags(alert, &own),
        enclosures: collect_resources(&own)
            .filter(|file| !is_web_page(file))
            .collect(),
        links: collect_resources(&own)
            .filter(is_web_page)
            .map(page_link)
            .collect(),
        point: own.iter().find_map(|block| block.circle_center()),
        ..RawEntry::default()
    }
}

/// One `info`: the message of the alert, in one language and for some areas.
struct AlertInfo<'a>(XmlElement<'a>);

impl AlertInfo<'_> {
    fn child_text(&self, name: &str) -> Option<String> {
        child_text(&self.0, name)
    }

    /// Returns the primary language that it states.
    fn language(&self) -> Option<String> {
        let stated: Language = self.child_text("language")?.parse().ok()?;
        Some(stated.primary().to_owned())
    }

    fn areas(&self) -> Vec<String> {
        let mut areas = Vec::new();
        for area in child_elements(&self.0, "area").filter_map(|area| child_text(&area, "areaDesc"))
        {
            if !areas.contains(&area) {
                areas.push(area);
            }
        }
        areas
    }

    /// Returns latitude and longitude of the middle of a `circle`: `-35.38,147.05 25.0`.
    fn circle_center(&self) -> Option<(f64, f64)> {
        let circle =
            child_elements(&self.0, "area").find_map(|area| child_text(&area, "circle"))?;
        let (middle, _) = circle.split_once(' ')?;
        let (latitude, longitude) = middle.split_once(',')?;
        let (latitude, longitude) = (latitude.parse().ok()?, longitude.parse().ok()?);
        let is_place = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        is_place.then_some((latitude, longitude))
    }

    /// Returns its texts as markup. A headline that differs from the `title` precedes them.
    fn to_markup(&self, title: Option<&str>) -> String {
        let headline = self.child_text("headline");
        let headline =
            headline.filter(|headline| title.is_none_or(|title| !title.ends_with(headline)));
        let heading = headline.map(|headline| format!("<h3>{}</h3>", escape_text(&headline)));
        let texts = ["description", "instruction"].map(|name| self.child_text(name));
        let texts = texts
            .into_iter()
            .flatten()
            .map(|text| text_to_markup(&text));
        let areas = self.areas().join("; ");
        let known = |value: &String| value != "Unknown";
        let severity = self.child_text("severity").filter(known);
        let told = [
            ("Severity", severity),
            ("Expires", self.child_text("expires")),
        ];
        let told = told
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
        let told: Vec<String> = told.collect();
        let last = [areas, told.join(". ")].into_iter();
        let last = last.filter(|text| !text.is_empty());
        let last = last.map(|text| format!("<p>{}</p>", escape_text(&text)));
        heading.into_iter().chain(texts).chain(last).collect()
    }
}

fn child_elements<'a>(
    of: &XmlElement<'a>,
    name: &'static str,
) -> impl Iterator<Item = XmlElement<'a>> {
    of.children()
        .filter(move |child| child.local_name() == name)
}

/// Returns the characters of the first child of that name, unless they are blank.
fn child_text(of: &XmlElement<'_>, name: &str) -> Option<String> {
    let mut found = of.children().filter(|child| child.local_name() == name);
    found.find_map(|child| {
        let text = child.text_content().trim().to_owned();
        (!text.is_empty()).then_some(text)
    })
}

fn alert_title(alert: &XmlElement<'_>, own: &[&AlertInfo<'_>]) -> Option<String> {
    let headline = || own.iter().find_map(|block| block.child_text("headline"));
    let event = || {
        let event = own.iter().find_map(|block| block.child_text("event"))?;
        let areas = own.iter().flat_map(|block| block.areas());
        let areas: Vec<String> = areas.take(MAX_NAMED_AREAS).collect();
        Some(match areas.as_slice() {
            [] => event,
            areas => format!("{event}: {}", areas.join(", ")),
        })
    };
    let message = || {
        let kind = child_text(alert, "msgType")?;
        let references = child_text(alert, "references").unwrap_or_default();
        // The sender, the identifier, and the time it was sent.
        let first = references.split_whitespace().next();
        let referred = first.and_then(|first| first.split(',').nth(1).map(str::to_owned));
        let named = referred.or_else(|| child_text(alert, "identifier"))?;
        Some(format!("{kind}: {named}"))
    };
    let title = headline()
        .or_else(event)
        .or_else(|| child_text(alert, "note"))
        .or_else(message)?;
    let status = child_text(alert, "status").filter(|status| status != "Actual");
    Some(match status {
        Some(status) => format!("{status}: {title}"),
        None => title,
    })
}

/// Returns the text of the blocks, each text once, with other languages marked.
fn join_content(
    own: &[&AlertInfo<'_>],
    others: &[&AlertInfo<'_>],
    title: Option<&str>,
) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for block in own {
        let part = block.to_markup(title);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    for block in others {
        let part = block.to_markup(None);
        let language = block.language().unwrap_or_default();
        let part = format!("<div lang=\"{}\">{part}</div>", escape_text(&language));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let html = parts.concat();
    (!html.is_empty()).then_some(html)
}

/// Returns a text as markup. Its own markup is kept, blank lines end paragraphs, and lines broken only by
/// their width are joined.
fn text_to_markup(text: &str) -> String {
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
            let written: Vec<String> = lines.iter().map(|line| escape_text(line)).collect();
            html = html + "<p>" + &written.join(between) + "</p>";
            lines.clear();
        }
    }
    html
}

fn collect_tags(alert: &XmlElement<'_>, own: &[&AlertInfo<'_>]) -> Vec<RawTag> {
    let mut tags: Vec<RawTag> = Vec::new();
    let kind = child_text(alert, "msgType").filter(|kind| kind != "Alert");
    let categories = own.iter().flat_map(|block| {
        let coded = child_elements(&block.0, "category")
            .map(|found| found.text_content().trim().to_owned());
        coded.filter_map(|code| {
            let known = CATEGORIES.iter().find(|(known, _)| *known == code);
            known.map(|(_, name)| (*name).to_owned())
        })
    });
    let events = own.iter().filter_map(|block| block.child_text("event"));
    for name in kind.into_iter().chain(categories).chain(events) {
        let tag = RawTag::from(name);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Returns the resources that the blocks attach.
fn collect_resources<'a>(
    own: &'a [&AlertInfo<'_>],
) -> impl Iterator<Item = RawEnclosure> + use<'a> {
    let all = own
        .iter()
        .flat_map(|block| child_elements(&block.0, "resource"));
    all.filter_map(|resource| {
        Some(RawEnclosure {
            url: child_text(&resource, "uri")?,
            title: child_text(&resource, "resourceDesc"),
            mime_type: child_text(&resource, "mimeType"),
            length_bytes: child_text(&resource, "size"),
            duration: None,
        })
    })
}

fn is_web_page(file: &RawEnclosure) -> bool {
    let stated = file.mime_type.as_deref().unwrap_or_default();
    stated.trim().eq_ignore_ascii_case("text/html")
}

fn page_link(file: RawEnclosure) -> RawLink {
    RawLink {
        relation: LinkRelation::Related,
        url: file.url,
        title: file.title,
    }
}
