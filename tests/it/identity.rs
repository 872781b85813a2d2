//! The identity of entries, and their news, in every form that a source may have. Every poll is a process of its own.

use std::collections::BTreeMap;

use crate::support::{NEWS, Server, Story, Workspace, day};

/// An entry without guid and address: a title, a day and a text.
type Entry = (&'static str, &'static str, &'static str);

/// A form in which a source may publish its entries.
#[derive(Clone, Copy, Debug)]
enum Form {
    Rss,
    Atom,
    JsonFeed,
    Page,
    Text,
    Json,
}

const FORMS: [Form; 6] = [
    Form::Rss,
    Form::Atom,
    Form::JsonFeed,
    Form::Page,
    Form::Text,
    Form::Json,
];

impl Form {
    fn settings(self) -> &'static str {
        match self {
            Self::Rss | Self::Atom | Self::JsonFeed => "kind = \"feed\"",
            Self::Page => {
                "kind = \"html\"\nselect.item = \"article\"\nselect.title = \"h3\"\nselect.date = \"time\"\nselect.summary = \"p\""
            }
            Self::Text => {
                "kind = \"text\"\nrecord = '^(?<date>\\S+) (?<title>[^:]+): (?<summary>.+)$'"
            }
            Self::Json => {
                "kind = \"json\"\nselect.item = \"$[*]\"\nselect.title = \"$.t\"\nselect.date = \"$.d\"\nselect.summary = \"$.s\""
            }
        }
    }

    fn written(self, entries: &[Entry]) -> String {
        let all = |one: fn(&Entry) -> String| entries.iter().map(one).collect::<Vec<_>>();
        match self {
            Self::Rss => {
                let items = all(|(title, date, text)| {
                    format!(
                        "<item><title>{title}</title><pubDate>{date}</pubDate><description>{text}</description></item>"
                    )
                });
                format!(
                    "<rss version=\"2.0\"><channel><title>Harbour</title>{}</channel></rss>",
                    items.concat()
                )
            }
            Self::Atom => {
                let items = all(|(title, date, text)| {
                    format!(
                        "<entry><title>{title}</title><published>{date}T00:00:00Z</published><summary>{text}</summary></entry>"
                    )
                });
                format!(
                    "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Harbour</title>{}</feed>",
                    items.concat()
                )
            }
            Self::JsonFeed => {
                let items = all(|(title, date, text)| {
                    format!(
                        r#"{{"title": "{title}", "date_published": "{date}T00:00:00Z", "content_text": "{text}"}}"#
                    )
                });
                format!(
                    r#"{{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "items": [{}]}}"#,
                    items.join(",")
                )
            }
            Self::Page => {
                let items = all(|(title, date, text)| {
                    format!("<article><h3>{title}</h3><time>{date}</time><p>{text}</p></article>")
                });
                format!("<html><body><main>{}</main></body></html>", items.concat())
            }
            Self::Text => all(|(title, date, text)| format!("{date} {title}: {text}\n")).concat(),
            Self::Json => {
                let items = all(|(title, date, text)| {
                    format!(r#"{{"t": "{title}", "d": "{date}", "s": "{text}"}}"#)
                });
                format!("[{}]", items.join(","))
            }
        }
    }
}

struct Harbour {
    server: Server,
    workspace: Workspace,
    polls: i64,
}

impl Harbour {
    fn new(settings: &str) -> Self {
        let server = Server::start();
        let url = server.url("/list");
        let source = format!(
            "\n[[source]]\nid = \"harbour\"\nurl = \"{url}\"\nevery = \"1h\"\ntopics = [\"news\"]\ntimezone = \"UTC\"\n{settings}\n"
        );
        let workspace = Workspace::new(&format!("{NEWS}{source}"));
        Self {
            server,
            workspace,
            polls: 0,
        }
    }

    fn tell(&mut self, body: String) -> BTreeMap<String, Story> {
        self.server.serve("/list", body);
        self.workspace.poll(day(self.polls));
        self.polls += 1;
        let stories = self.workspace.published().stories("news").into_iter();
        stories.map(|story| (story.id.clone(), story)).collect()
    }
}

/// Returns the texts of stories by their ids.
fn texts(stories: &BTreeMap<String, Story>) -> BTreeMap<&str, &str> {
    stories
        .iter()
        .map(|(id, story)| (id.as_str(), story.text.as_str()))
        .collect()
}

const QUAY: Entry = (
    "Notice",
    "2026-03-01",
    "The second quay is closed until Friday for dredging works of the port office.",
);
const PILOT: Entry = (
    "Notice",
    "2026-03-01",
    "Masters of vessels ask pilots by radio on channel twelve from now on.",
);
const LAMP: Entry = (
    "Notice",
    "2026-03-01",
    "A new lamp burns at the northern pier, two flashes every ten seconds.",
);

#[test]
fn notices_of_one_title_and_day_are_told_apart_by_their_texts() {
    for form in FORMS {
        let mut harbour = Harbour::new(form.settings());
        let mut tell = |entries: &[Entry]| harbour.tell(form.written(entries));
        let first = tell(&[QUAY, PILOT]);
        let mut told: Vec<&str> = first.values().map(|story| story.text.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, [PILOT.2, QUAY.2], "{form:?}");
        assert_eq!(tell(&[PILOT, QUAY]), first, "{form:?}");
        assert_eq!(tell(&[QUAY]), first, "{form:?}");
        assert_eq!(tell(&[PILOT]), first, "{form:?}");
        let third = tell(&[LAMP, QUAY, PILOT]);
        assert_eq!(third.len(), 3, "{form:?}");
        assert!(
            first.iter().all(|(id, story)| third[id] == *story),
            "{form:?}"
        );
    }
}

#[test]
fn a_notice_that_comes_alone_replaces_none() {
    for form in FORMS {
        let mut harbour = Harbour::new(form.settings());
        let mut tell = |entries: &[Entry]| harbour.tell(form.written(entries));
        let first = tell(&[QUAY]);
        let second = tell(&[PILOT]);
        assert_eq!(second.len(), 2, "{form:?}");
        assert!(
            first.iter().all(|(id, story)| second[id] == *story),
            "{form:?}"
        );
        assert_eq!(tell(&[QUAY, PILOT]), second, "{form:?}");
    }
}

#[test]
fn an_edited_text_is_that_of_the_notice() {
    let edited = (
        QUAY.0,
        QUAY.1,
        "The second quay is closed until Sunday for dredging works of the port office.",
    );
    for form in FORMS {
        let mut harbour = Harbour::new(form.settings());
        let mut tell = |entries: &[Entry]| harbour.tell(form.written(entries));
        let first = tell(&[QUAY]);
        let second = tell(&[edited]);
        assert_eq!(second.len(), 1, "{form:?}");
        assert!(first.keys().eq(second.keys()), "{form:?}");
        assert_eq!(texts(&second).into_values().collect::<Vec<_>>(), [edited.2]);
        // Next to another entry with its title and day it keeps its identity.
        let both = tell(&[PILOT, QUAY]);
        assert_eq!(both.len(), 2, "{form:?}");
        let again = tell(&[edited, PILOT]);
        assert!(both.keys().eq(again.keys()), "{form:?}");
        let id = first.keys().next().unwrap();
        assert_eq!(again[id].text, edited.2, "{form:?}");
    }
}

fn rss(items: &[String]) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Harbour</title><link>https://harbour.example/</link>{}</channel></rss>",
        items.concat()
    )
}

/// Returns an item with a guid, a link, a title and more.
fn item(guid: &str, link: &str, title: &str, more: &str) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{guid}</guid><link>{link}</link><title>{title}</title>\
         <pubDate>Sun, 01 Mar 2026 08:00:00 GMT</pubDate>{more}</item>"
    )
}

/// Checks polls of the same bulletins: each has the id and the times of the first poll.
#[track_caller]
fn check_no_news(polls: &[Vec<String>], stories: usize) {
    let mut harbour = Harbour::new("kind = \"feed\"");
    let mut first: Option<BTreeMap<String, _>> = None;
    for items in polls {
        let told = harbour.tell(rss(items));
        let times = |(id, story): (String, Story)| (id, (story.published, story.updated));
        let told: BTreeMap<String, _> = told.into_iter().map(times).collect();
        assert_eq!(told.len(), stories, "{items:#?}");
        assert_eq!(
            first.get_or_insert_with(|| told.clone()),
            &told,
            "{items:#?}"
        );
    }
}

const TEXT: &str =
    "<description>The ferry to the island runs again after two days of storm.</description>";

#[test]
fn what_an_address_carries_for_programs_is_no_news() {
    let check = |addresses: [&str; 3], item: &dyn Fn(&str) -> String| {
        let polls = addresses.map(|address| vec![item(address)]);
        check_no_news(&polls, 1);
    };
    let link = |address: &str| item("f1", address, "Ferry runs again", TEXT);
    check(
        [
            "https://harbour.example/ferry",
            "http://harbour.example/ferry",
            "https://www.harbour.example/ferry/",
        ],
        &link,
    );
    check(
        [
            "https://harbour.example/ferry?from=a1",
            "https://harbour.example/ferry?from=b2",
            "https://harbour.example/ferry",
        ],
        &link,
    );
    check(
        [
            "https://harbour.example/show.php?id=7&amp;rnd=0.31415926",
            "https://harbour.example/show.php?id=7&amp;rnd=0.27182818",
            "https://harbour.example/show.php?id=7&amp;_=1772355600123",
        ],
        &link,
    );
    let file = |address: &str| {
        let more = format!("{TEXT}<enclosure url=\"{address}\" type=\"audio/mpeg\" length=\"3\"/>");
        item(
            "f1",
            "https://harbour.example/ferry",
            "Ferry runs again",
            &more,
        )
    };
    check(
        [
            "https://cdn.example/f.mp3?Expires=1772355600&amp;Signature=aB3~x",
            "https://cdn.example/f.mp3?Expires=1772359200&amp;Signature=qR7~y",
            "http://cdn.example/f.mp3",
        ],
        &file,
    );
    check(
        [
            "https://cdn.example/get?file=f.mp3&amp;X-Amz-Signature=00aa&amp;X-Amz-Date=20260301T080000Z",
            "https://cdn.example/get?file=f.mp3&amp;X-Amz-Signature=11bb&amp;X-Amz-Date=20260301T090000Z",
            "https://cdn.example/get?file=f.mp3&amp;token=x9",
        ],
        &file,
    );
    let picture = |address: &str| {
        let more = format!(
            "<description>&lt;p&gt;It runs.&lt;img src=\"{address}\"&gt;&lt;/p&gt;</description>"
        );
        item(
            "f1",
            "https://harbour.example/ferry",
            "Ferry runs again",
            &more,
        )
    };
    check(
        [
            "https://cdn.example/f.jpg?v=1",
            "https://cdn.example/f.jpg?v=2",
            "http://cdn.example/f.jpg?cachebuster=77",
        ],
        &picture,
    );
}

#[test]
fn elements_around_a_text_are_no_news() {
    let texts = [
        "<td class=name>Perry<br>Council of <a href='https://harbour.example/c'>the Valley</a></td>",
        "<p>Perry</p><p>Council of <a href='http://harbour.example/c?utm_source=x'><b>the</b> Valley</a></p>",
        "<div><span>Perry</span> <ul><li>Council of <a href='https://harbour.example/c'>the Valley</a></ul></div>",
    ];
    let polls = texts.map(|text| {
        let more = format!("<description><![CDATA[{text}]]></description>");
        vec![item("p1", "https://harbour.example/p", "Perry", &more)]
    });
    check_no_news(&polls, 1);
}

#[test]
fn a_version_in_a_guid_makes_no_story() {
    let ferry = item(
        "https://h.example/f#0",
        "https://h.example/f",
        "Ferry runs again",
        TEXT,
    );
    let version = |guid: &str, title: &str| {
        let more = "<description>Strong winds reach the coast of the island tonight.</description>";
        item(guid, "https://h.example/storm", title, more)
    };
    let mut harbour = Harbour::new("kind = \"feed\"");
    let first = harbour.tell(rss(&[
        version("https://h.example/storm#0", "Storm hits the coast"),
        ferry.clone(),
    ]));
    for (number, title) in [
        "Storm hits the coast - latest",
        "Island without power",
        "Island without power",
    ]
    .iter()
    .enumerate()
    {
        let guid = format!("https://h.example/storm#{}", number + 1);
        let told = harbour.tell(rss(&[ferry.clone(), version(&guid, title)]));
        assert!(first.keys().eq(told.keys()), "{title}");
        assert!(told.values().any(|story| story.title == *title));
    }
}

#[test]
fn a_site_that_moved_tells_what_it_corrected() {
    let list = |host: &str, guid: &str, more: &str| -> Vec<String> {
        let of = |n: usize| {
            let text = format!(
                "<description>Pier {n} is open to boats of up to {n} metres, says the harbour office.{}</description>",
                if n == 2 { more } else { "" }
            );
            item(
                &format!("{guid}-{n}"),
                &format!("https://{host}/{n}"),
                &format!("Pier {n} of the harbour opens"),
                &text,
            )
        };
        (1..5).map(of).collect()
    };
    let mut harbour = Harbour::new("kind = \"feed\"");
    let first = harbour.tell(rss(&list("old.example", "a", "")));
    let moved = harbour.tell(rss(&list("new.example", "b", " Correction: from noon.")));
    assert!(first.keys().eq(moved.keys()));
    for (id, story) in &moved {
        let is_corrected = story.title.contains("Pier 2");
        assert_eq!(
            story.updated != first[id].updated,
            is_corrected,
            "{}",
            story.title
        );
        assert!(story.link.as_ref().unwrap().contains("new.example"));
    }
}
