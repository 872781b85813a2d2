//! The published folder as its readers see it, each format with its own parser.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset};
use scraper::Html;
use serde_json::Value;

use super::{read, read_text};

/// A story in a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) link: Option<String>,
    /// The words of its summary.
    pub(crate) text: String,
    pub(crate) published: DateTime<FixedOffset>,
    pub(crate) updated: DateTime<FixedOffset>,
    /// Sources, the one shown first. Only JSON names them.
    pub(crate) reports: Vec<String>,
}

/// Returns titles in the order of the feed.
pub(crate) fn titles(stories: &[Story]) -> Vec<&str> {
    stories.iter().map(|story| story.title.as_str()).collect()
}

/// The published files at one time: the contents of each, and the time of its last change.
pub(crate) struct Files(BTreeMap<String, File>);

impl Files {
    /// Checks that both have the same files with the same bytes.
    #[track_caller]
    pub(crate) fn hold_the_same_as(&self, others: &Self) {
        self.check(others, |one, other| one.0 == other.0);
    }

    /// Checks that the same files exist and that none was written since.
    #[track_caller]
    pub(crate) fn are_untouched_since(&self, earlier: &Self) {
        self.check(earlier, |one, other| one == other);
    }

    #[track_caller]
    fn check(&self, others: &Self, same: fn(&File, &File) -> bool) {
        let names: BTreeSet<&String> = self.0.keys().chain(others.0.keys()).collect();
        assert!(!names.is_empty());
        let differ = |name: &&&String| {
            let both = self.0.get(**name).zip(others.0.get(**name));
            both.is_none_or(|(one, other)| !same(one, other))
        };
        let different: Vec<_> = names.iter().filter(differ).collect();
        assert!(different.is_empty(), "different: {different:?}");
    }
}

/// Bytes, and the time of the last change.
type File = (Vec<u8>, SystemTime);

pub(crate) struct Published {
    folder: PathBuf,
}

impl Published {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        read_text(&self.path(name))
    }

    /// Returns the names of the files that readers can find; none if nothing was published.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }

    /// Returns every file as it is now.
    pub(crate) fn files(&self) -> Files {
        let file = |name: String| {
            let path = self.path(&name);
            let written = path.metadata().unwrap().modified().unwrap();
            (name, (read(&path), written))
        };
        Files(self.names().into_iter().map(file).collect())
    }

    /// Returns the stories of a topic, on which all formats must agree.
    #[track_caller]
    pub(crate) fn stories(&self, topic: &str) -> Vec<Story> {
        let json = json(&self.text(&format!("{topic}.json")));
        let told: Vec<Story> = json.iter().cloned().map(without_reports).collect();
        assert_eq!(told, atom(&self.text(&format!("{topic}.atom"))));
        assert_eq!(told, rss(&self.text(&format!("{topic}.rss"))));
        json
    }

    /// Returns the one story of the topic `news`.
    #[track_caller]
    pub(crate) fn only_story(&self) -> Story {
        let mut stories = self.stories("news");
        assert_eq!(stories.len(), 1, "{stories:#?}");
        stories.remove(0)
    }

    /// Returns every story of every format, with parsers that fail on a torn file. After a crash the formats need not
    /// agree.
    pub(crate) fn whole(&self) -> Vec<Story> {
        let mut stories = Vec::new();
        for name in self.names() {
            let text = self.text(&name);
            let (_, format) = name.rsplit_once('.').unwrap();
            stories.extend(match format {
                "atom" => atom(&text),
                "rss" => rss(&text),
                "json" => json(&text),
                _ => check_end(&name, &text),
            });
        }
        stories
    }
}

/// Checks the end of a file without stories for programs, which proves that it is whole.
fn check_end(name: &str, text: &str) -> Vec<Story> {
    let ends = ["</html>", "</opml>", "}"];
    let whole = ends.iter().any(|end| text.trim_end().ends_with(end));
    assert!(whole, "{name} is torn: {text}");
    Vec::new()
}

fn without_reports(story: Story) -> Story {
    Story {
        reports: Vec::new(),
        ..story
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the words of a text; a line, a paragraph or a cell ends a word, as it does for a reader.
fn words_of_html(html: &str) -> String {
    const ENDS: [&str; 5] = ["<br", "</p>", "</div>", "</li>", "</td>"];
    let spaced = ENDS.iter().fold(html.to_owned(), |html, end| {
        html.replace(end, &format!(" {end}"))
    });
    words(
        &Html::parse_fragment(&spaced)
            .root_element()
            .text()
            .collect::<String>(),
    )
}

/// Returns the words of the summary, else those of the content. Without a text, the title is the content.
fn words_of_either(summary: Option<&str>, content: Option<&str>, title: &str) -> String {
    let content = || words_of_html(content.unwrap_or_default());
    match summary {
        Some(summary) => words_of_html(summary),
        None => Some(content())
            .filter(|content| *content != words(title))
            .unwrap_or_default(),
    }
}

fn atom(text: &str) -> Vec<Story> {
    assert!(text.trim_end().ends_with("</feed>"), "torn: {text}");
    let feed = atom_syndication::Feed::read_from(text.as_bytes()).expect(text);
    let story = |entry: atom_syndication::Entry| Story {
        link: {
            let mut links = entry.links.iter();
            let own = links.find(|link| link.rel == "alternate");
            own.map(|link| link.href.clone())
        },
        text: words_of_either(
            entry.summary.as_ref().map(atom_syndication::Text::as_str),
            entry
                .content
                .as_ref()
                .and_then(|content| content.value.as_deref()),
            &entry.title,
        ),
        id: entry.id,
        title: entry.title.value,
        published: entry.published.unwrap(),
        updated: entry.updated,
        reports: Vec::new(),
    };
    feed.entries.into_iter().map(story).collect()
}

fn rss(text: &str) -> Vec<Story> {
    assert!(text.trim_end().ends_with("</rss>"), "torn: {text}");
    let channel = rss::Channel::read_from(text.as_bytes()).expect(text);
    let story = |item: rss::Item| Story {
        updated: {
            let updated = item.extensions["atom"]["updated"][0].value.as_deref();
            updated.unwrap().parse().unwrap()
        },
        id: item.guid.unwrap().value,
        text: words_of_either(
            None,
            item.description.as_deref(),
            item.title.as_deref().unwrap_or_default(),
        ),
        title: item.title.unwrap(),
        link: item.link,
        published: DateTime::parse_from_rfc2822(&item.pub_date.unwrap()).unwrap(),
        reports: Vec::new(),
    };
    channel.items.into_iter().map(story).collect()
}

fn json(text: &str) -> Vec<Story> {
    let feed: Value = serde_json::from_str(text).expect(text);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let story = |item: &Value| {
        let reports = item["_tidings"]["reports"].as_array().unwrap();
        Story {
            id: text(&item["id"]),
            title: text(&item["title"]),
            link: item["url"].as_str().map(str::to_owned),
            text: match item["summary"].as_str() {
                Some(summary) => words(summary),
                None => words_of_either(None, item["content_html"].as_str(), &text(&item["title"])),
            },
            published: text(&item["date_published"]).parse().unwrap(),
            updated: text(&item["date_modified"]).parse().unwrap(),
            reports: reports
                .iter()
                .map(|report| text(&report["source"]))
                .collect(),
        }
    };
    feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(story)
        .collect()
}
