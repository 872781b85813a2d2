//! A site and a feed of three stories, for the tests.

use chrono::{DateTime, Utc};

use crate::model::{
    Alternate, Dated, Enclosure, EventDay, Feed, FeedName, FeedScope, FeedSummary, IdentityKey,
    IdentityKind, Image, Item, ItemId, Link, LinkRelation, Person, Precision, Published, Report,
    SafeHtml, Site, Story, StoryId, Timestamp,
};

pub(super) fn site() -> Site {
    Site {
        title: "Bulletins of Mesoamerica".into(),
        base_url: "https://bulletins.example/".parse().unwrap(),
        language: "en".parse().unwrap(),
    }
}

/// Returns a topic without branches.
pub(super) fn feed() -> Feed {
    Feed {
        scope: FeedScope::Feed(name("labour-migration", "Labour migration")),
        updated: Some(utc("2021-06-30T09:15:00Z")),
        live: vec![first_seen(), with_everything(), reported_twice()],
        quiet: Vec::new(),
        stories: 3,
        gone: Vec::new(),
        branches: Vec::new(),
    }
}

/// Returns the same stories as a branch of the topic.
pub(super) fn branch() -> Feed {
    let scope = FeedScope::Feed(name("labour-migration/mx-lang-es", "Labour migration"));
    Feed { scope, ..feed() }
}

/// Returns the same stories as the answer to a query with every special character of markup.
pub(super) fn answer() -> Feed {
    Feed::from_search("\"visas & <permits>\" -country:US".into(), feed().live)
}

/// Returns two topics, the first with branches of several kinds.
pub(super) fn summaries() -> Vec<FeedSummary> {
    let mut feeds = vec![
        summary("labour-migration", "Labour migration", 3),
        summary("climate", "Climate & \"disasters\"", 1),
    ];
    feeds[1].updated = Some(utc("2021-07-01T00:00:00Z"));
    feeds.extend(branches());
    feeds
}

/// Returns branches of several kinds, unsorted.
pub(super) fn branches() -> Vec<FeedSummary> {
    let branch = |id: &str, stories| {
        summary(
            &format!("labour-migration/{id}"),
            "Labour migration",
            stories,
        )
    };
    let mut branches = vec![
        branch("mx-lang-es", 2),
        branch("sv", 1),
        branch("mx", 3),
        branch("ax", 1),
        branch("lang-en", 1),
        branch("from-agency", 2),
        branch("lang-es", 2),
        branch("ht", 1),
    ];
    branches[5].name.publisher = Some("Agencia <Sur> & \"Co\"".into());
    branches
}

pub(super) fn summary(id: &str, topic: &str, stories: usize) -> FeedSummary {
    FeedSummary {
        name: name(id, topic),
        updated: Some(utc("2021-06-30T09:15:00Z")),
        stories,
    }
}

pub(super) fn name(id: &str, topic: &str) -> FeedName {
    FeedName {
        id: id.parse().unwrap(),
        first_called: id.parse().unwrap(),
        topic: topic.into(),
        publisher: None,
    }
}

/// Returns a story with two reports, of which the one shown has no address.
pub(super) fn reported_twice() -> Story {
    let date = Published::Stated(Dated {
        at: "2021-06-28T00:00:00-06:00".parse().unwrap(),
        precision: Precision::Day,
    });
    let mut shown = item(
        "harbour-text",
        "1",
        "Fair recruitment fair opens in Tapachula",
        date,
    );
    shown.summary =
        html("<p>Employers and workers meet for <b>three</b> days.</p><p>Entry is free.</p>");
    shown.language = Some("en".parse().unwrap());
    shown.event = Some(EventDay::Stated(Dated {
        at: "2021-07-03T00:00:00-06:00".parse().unwrap(),
        precision: Precision::Day,
    }));
    let reports = vec![
        report(&shown, "Harbour Gazette", None),
        Report {
            title: "Recruitment fair: doors open".into(),
            address: Some("https://agency.example/news/7?a=1&b=2".parse().unwrap()),
            ..report(&item("agency", "2", "", date), "Agencia Sur", None)
        },
    ];
    story(shown, reports, "2021-06-28T15:00:00Z")
}

/// Returns a story with three reports and every possible field.
pub(super) fn with_everything() -> Story {
    let date = Published::Derived(Dated {
        at: "2021-06-29T14:30:00.250-06:00".parse().unwrap(),
        precision: Precision::Instant,
    });
    let mut shown = item("agency", "3", "Guide for seasonal workers published", date);
    shown.summary = html(
        "<p>Rights, contracts, pay: <a href=\"https://agency.example/guide\">a short guide</a>.</p>",
    );
    shown.content =
        html("<p>Rights, contracts, pay.</p><p>In six languages ]]&gt; free of charge.</p>");
    shown.language = Some("en".parse().unwrap());
    shown.authors = vec![
        person("Ana Pérez", Some("https://agency.example/ana")),
        person("Luis Ek", None),
    ];
    shown.tags = vec!["seasonal work".into(), "rights & duties".into()];
    shown.event = Some(EventDay::Stated(Dated {
        at: "2021-07-05T18:30:00-06:00".parse().unwrap(),
        precision: Precision::Instant,
    }));
    shown.enclosures = vec![
        enclosure(
            "https://agency.example/files/guide.pdf",
            "application/pdf",
            1_234_567,
        ),
        enclosure("https://agency.example/files/guide.mp3", "audio/mpeg", 0),
    ];
    shown.enclosures[0].title = Some("Guide & <annex>".into());
    shown.enclosures[1].duration_seconds = Some(754);
    shown.links = vec![
        link(LinkRelation::Via, "https://harbour.example/guide", None),
        link(
            LinkRelation::Related,
            "https://law.example/acts/12?a=1&b=2",
            Some("The act"),
        ),
    ];
    shown.image = Some(Image {
        url: "https://agency.example/p/guide.jpg?w=640&s=1f"
            .parse()
            .unwrap(),
        alt: Some("Cover of the guide: \"rights\" & <pay>".into()),
        width: Some(640),
        height: Some(360),
    });
    let reports = vec![
        Report {
            source_address: Some("https://agency.example/rss?a=1&b=2".parse().unwrap()),
            ..report(&shown, "Agencia Sur", Some("https://agency.example/news/9"))
        },
        report(
            &item("harbour-text", "4", "A guide", date),
            "Harbour Gazette",
            Some("https://harbour.example/guide"),
        ),
        report(
            &item("wire", "5", "Guide out", date),
            "The Wire",
            Some("https://agency.example/news/9"),
        ),
    ];
    story(shown, reports, "2021-06-29T21:00:00.750Z")
}

/// Returns a story in Spanish without date and text, with special characters of markup.
pub(super) fn first_seen() -> Story {
    let date = Published::FirstSeen(utc("2021-06-30T09:15:00Z"));
    let title = "Más empleo & menos espera: cupo < 500 🌎";
    let mut shown = item("tablon", "6", title, date);
    shown.language = Some("es-MX".parse().unwrap());
    let address = Some("https://tablon.example/avisos/6");
    let reports = vec![report(&shown, "Tablón de Chiapas", address)];
    story(shown, reports, "2021-06-30T09:15:00Z")
}

fn story(shown: Item, reports: Vec<Report>, updated: &str) -> Story {
    Story {
        regions: ["CR", "MX", "MX-CHP"]
            .map(|code| code.parse().unwrap())
            .into(),
        id: StoryId::founded_by(shown.id),
        published: shown.published,
        updated: utc(updated),
        alternates: vec![Alternate {
            id: StoryId::founded_by(shown.id),
            language: "pt".parse().unwrap(),
            address: "https://harbour.example/pt/1".parse().unwrap(),
        }],
        shown,
        reports,
    }
}

fn item(source: &str, guid: &str, title: &str, published: Published) -> Item {
    let source = source.parse().unwrap();
    let key = IdentityKey {
        kind: IdentityKind::Guid,
        value: guid.into(),
    };
    Item {
        id: ItemId::new(&source, &key),
        source,
        weak_key: key.clone(),
        key,
        title: title.into(),
        address: None,
        summary: None,
        content: None,
        text: String::new(),
        language: None,
        assumed_language: None,
        authors: Vec::new(),
        tags: Vec::new(),
        enclosures: Vec::new(),
        links: Vec::new(),
        image: None,
        stated: None,
        published,
        updated: None,
        event: None,
        position: 0,
        regions: Vec::new(),
    }
}

fn report(item: &Item, publisher: &str, address: Option<&str>) -> Report {
    Report {
        item: item.id,
        source: item.source.clone(),
        publisher: publisher.into(),
        title: item.title.clone(),
        address: address.map(|address| address.parse().unwrap()),
        source_address: None,
        published: item.published,
    }
}

fn person(name: &str, url: Option<&str>) -> Person {
    Person {
        name: name.into(),
        url: url.map(|url| url.parse().unwrap()),
    }
}

fn link(relation: LinkRelation, url: &str, title: Option<&str>) -> Link {
    Link {
        relation,
        url: url.parse().unwrap(),
        title: title.map(str::to_owned),
    }
}

fn enclosure(url: &str, mime_type: &str, length_bytes: u64) -> Enclosure {
    Enclosure {
        url: url.parse().unwrap(),
        title: None,
        mime_type: mime_type.into(),
        length_bytes,
        duration_seconds: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the fields of an item want it")]
fn html(html: &str) -> Option<SafeHtml> {
    Some(SafeHtml::from_sanitized(html.to_owned()))
}

fn utc(text: &str) -> Timestamp {
    text.parse::<DateTime<Utc>>().unwrap()
}
