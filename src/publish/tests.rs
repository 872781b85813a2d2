//! Tests of rendering: snapshots, reading back, and comparison between formats.

use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;
use serde_json::Value;

use super::sample;
use super::validity;
use super::view::FeedFormat;
use super::*;
use crate::model::{Dated, Precision, Published, RemovalReason, SafeHtml, Story, Tombstone};
use crate::topics::Query;

/// The data that all formats must agree on.
#[derive(Debug, PartialEq)]
struct Read {
    id: String,
    link: Option<String>,
    published: DateTime<FixedOffset>,
    updated: DateTime<FixedOffset>,
}

fn text(files: Vec<PublishedFile>, name: &str) -> String {
    let file = files.into_iter().find(|file| file.name == name);
    String::from_utf8(file.expect(name).bytes).expect("UTF-8")
}

/// Splits a page into one element per line, for readable snapshots.
fn lines(page: &str) -> String {
    page.replace("><", ">\n<")
}

fn rendered(feed: &Feed, site: &Site, format: FeedFormat) -> String {
    String::from_utf8(render_feed(feed, site, format)).expect("UTF-8")
}

fn read_rss(text: &str) -> Vec<Read> {
    let read = |item: ::rss::Item| Read {
        id: item.guid.unwrap().value,
        link: item.link,
        published: DateTime::parse_from_rfc2822(&item.pub_date.unwrap()).unwrap(),
        updated: {
            let updated = &item.extensions["atom"]["updated"][0];
            updated.value.as_deref().unwrap().parse().unwrap()
        },
    };
    let channel = ::rss::Channel::read_from(text.as_bytes()).expect("RSS");
    channel.items.into_iter().map(read).collect()
}

fn read_atom(text: &str) -> Vec<Read> {
    let read = |entry: atom_syndication::Entry| Read {
        id: entry.id,
        link: {
            let mut links = entry.links.into_iter();
            links
                .find(|link| link.rel == "alternate")
                .map(|link| link.href)
        },
        published: entry.published.unwrap(),
        updated: entry.updated,
    };
    let feed = atom_syndication::Feed::read_from(text.as_bytes()).expect("Atom");
    feed.entries.into_iter().map(read).collect()
}

fn read_json(text: &str) -> Vec<Read> {
    let read = |item: &Value| Read {
        id: item["id"].as_str().unwrap().to_owned(),
        link: item["url"].as_str().map(str::to_owned),
        published: item["date_published"].as_str().unwrap().parse().unwrap(),
        updated: item["date_modified"].as_str().unwrap().parse().unwrap(),
    };
    let feed: Value = serde_json::from_str(text).expect("JSON");
    feed["items"].as_array().unwrap().iter().map(read).collect()
}

/// Reads a feed back in all formats, checks that they agree, and returns their content.
fn read(feed: &Feed, site: &Site) -> Vec<Read> {
    let rss = read_rss(&rendered(feed, site, FeedFormat::Rss));
    assert_eq!(rss, read_atom(&rendered(feed, site, FeedFormat::Atom)));
    assert_eq!(rss, read_json(&rendered(feed, site, FeedFormat::Json)));
    rss
}

#[test]
fn each_format_reads_well() {
    let (feed, site) = (sample::feed(), sample::site());
    insta::assert_snapshot!("rss", rendered(&feed, &site, FeedFormat::Rss));
    insta::assert_snapshot!("atom", rendered(&feed, &site, FeedFormat::Atom));
    insta::assert_snapshot!("json", rendered(&feed, &site, FeedFormat::Json));
    insta::assert_snapshot!("page", lines(&rendered(&feed, &site, FeedFormat::Html)));
}

#[test]
fn the_index_reads_well() {
    let files = || {
        render_index_files(
            &sample::site(),
            &sample::summaries(),
            SearchAvailability::Offered,
        )
    };
    insta::assert_snapshot!("index", lines(&text(files(), "index.html")));
    insta::assert_snapshot!("opml", text(files(), "index.opml"));
    insta::assert_snapshot!("opml-branches", text(files(), "branches.opml"));
}

/// Returns the names of the feeds in a list.
fn listed(files: Vec<PublishedFile>, name: &str) -> Vec<String> {
    let found = validity::check_opml(&text(files, name)).into_iter();
    let base = sample::site().base_url;
    let name = |address: String| address.strip_prefix(base.as_str()).unwrap().to_owned();
    found.map(name).collect()
}

/// Importing the list of topics subscribes to the topics, not to all of their branches as well.
#[test]
fn topics_are_in_one_list_and_branches_in_another() {
    let files = |feeds: &[FeedSummary]| {
        render_index_files(&sample::site(), feeds, SearchAvailability::Offered)
    };
    let summaries = sample::summaries();
    let topics = listed(files(&summaries), "index.opml");
    // In the given order, not by name.
    assert_eq!(topics, ["labour-migration.atom", "climate.atom"]);
    let branches = listed(files(&summaries), "branches.opml");
    assert_eq!(branches.len(), sample::branches().len());
    assert!(
        branches
            .iter()
            .all(|name| name.starts_with("labour-migration/"))
    );
    let only_topics = files(&summaries[..2]);
    assert!(only_topics.iter().all(|file| file.name != "branches.opml"));
    assert!(!text(only_topics, "index.html").contains("branches.opml"));
    let known = files(&summaries).into_iter();
    let known: Vec<String> = known.map(|file| file.name).collect();
    assert!(
        INDEX_FILES
            .iter()
            .all(|name| known.iter().any(|known| known == name))
    );
}

/// Checks a feed in every format.
fn is_valid(feed: &Feed, site: &Site) {
    for format in FeedFormat::ALL {
        validity::check(&rendered(feed, site, format), format);
    }
}

/// Returns feeds of every kind.
fn feeds() -> Vec<Feed> {
    let only = |change: &dyn Fn(&mut Story)| {
        let mut feed = sample::feed();
        feed.live.iter_mut().for_each(change);
        feed
    };
    let mut with_gone = sample::feed();
    let gone = with_gone.live.remove(0);
    with_gone.gone = vec![Tombstone {
        id: gone.id,
        at: "2021-07-02T10:00:00Z".parse().unwrap(),
        fate: RemovalReason::Withdrawn("the <office> took it back".into()),
    }];
    vec![
        sample::feed(),
        sample::branch(),
        sample::answer(),
        Feed::from_search("nothing".into(), Vec::new()),
        with_gone,
        only(&|story| {
            story.shown.summary = None;
            story.shown.content = None;
        }),
        only(&|story| story.shown.content.clone_from(&story.shown.summary)),
        only(&|story| {
            story.shown.summary = Some(SafeHtml::from_sanitized(
                "<img src=\"https://a.example/b.png\">".into(),
            ));
            story.shown.language = None;
        }),
        only(&|story| {
            story.reports.iter_mut().for_each(|report| {
                report.address = None;
                report.source_address = None;
            });
        }),
    ]
}

#[test]
fn what_is_published_is_valid() {
    for feed in feeds() {
        is_valid(&feed, &sample::site());
    }
    for name in ["index.opml", "branches.opml"] {
        validity::check_opml(&text(
            render_index_files(
                &sample::site(),
                &sample::summaries(),
                SearchAvailability::Offered,
            ),
            name,
        ));
    }
}

/// Renders a feed of one story in every format: the item of RSS, the entry of Atom, the item of JSON.
fn one(change: impl Fn(&mut Story)) -> [String; 4] {
    let mut feed = sample::feed();
    feed.live = vec![sample::with_everything()];
    change(&mut feed.live[0]);
    is_valid(&feed, &sample::site());
    FeedFormat::ALL.map(|format| rendered(&feed, &sample::site(), format))
}

#[test]
fn a_summary_that_says_what_the_content_says_is_left_out() {
    let html = |html: &str| Some(SafeHtml::from_sanitized(html.to_owned()));
    let check = |summary: &str, expected: bool| {
        let [rss, atom, json, _] = one(|story| {
            story.shown.summary = html(summary);
            story.shown.content = html("<p>One <b>two</b></p><p>three</p>");
            story.shown.text = "One two\nthree".into();
        });
        assert_eq!(rss.contains("<content:encoded>"), expected, "{rss}");
        assert!(rss.contains("One <b>two</b>"), "{rss}");
        assert_eq!(atom.contains("<summary"), expected, "{atom}");
        assert_eq!(json.contains("\"summary\":"), expected, "{json}");
    };
    check("<p>Another</p>", true);
    check("<p>One <b>two</b></p><p>three</p>", false);
    check("One two three", false);
    check("<img src=\"https://a.example/b.png\">", false);
}

/// A story that consists of a title only is the same in all formats.
#[test]
fn a_title_alone_is_the_text_of_every_format() {
    let [rss, atom, json, page] = one(|story| {
        story.shown.title = "Rates < 5 & falling".into();
        story.shown.summary = None;
        story.shown.content = None;
    });
    let text = "Rates &lt; 5 &amp; falling";
    assert!(
        rss.contains(&format!("<description><![CDATA[{text}]]></description>")),
        "{rss}"
    );
    let escaped = text.replace('&', "&amp;");
    assert!(atom.contains(&format!(">{escaped}</content>")), "{atom}");
    assert!(
        json.contains(&format!("\"content_html\": \"{text}\"")),
        "{json}"
    );
    assert!(!page.contains("class=\"text\""), "{page}");
}

#[test]
fn a_picture_is_in_every_format() {
    let [rss, atom, json, page] = one(|_| {});
    let escaped = "https://agency.example/p/guide.jpg?w=640&amp;s=1f";
    for xml in [rss, atom] {
        assert!(
            xml.contains("xmlns:media=\"http://search.yahoo.com/mrss/\""),
            "{xml}"
        );
        let thumbnail = format!("<media:thumbnail height=\"360\" url=\"{escaped}\" width=\"640\">");
        assert!(xml.contains(&thumbnail), "{xml}");
        assert!(xml.contains("Cover of the guide: "), "{xml}");
    }
    let json: Value = serde_json::from_str(&json).unwrap();
    let item = &json["items"][0];
    assert_eq!(
        item["image"],
        "https://agency.example/p/guide.jpg?w=640&s=1f"
    );
    assert_eq!(item["_tidings"]["image"]["width"], 640);
    let img = format!(
        "<img class=\"picture\" src=\"{escaped}\" alt=\"Cover of the guide: &quot;rights&quot; &amp; &lt;pay&gt;\" lang=\"en\" width=\"640\" height=\"360\" loading=\"lazy\" decoding=\"async\">"
    );
    assert!(page.contains(&img), "{page}");
    // A text that contains the picture shows it itself.
    let [.., page] = one(|story| {
        story.shown.summary = Some(SafeHtml::from_sanitized(format!(
            "<p><img src=\"{escaped}\">a</p>"
        )));
    });
    assert!(!page.contains("class=\"picture\""), "{page}");
    // Without description and size only the address remains.
    let [rss, _, json, page] = one(|story| {
        let image = story.shown.image.as_mut().unwrap();
        (image.alt, image.width, image.height) = (None, None, None);
    });
    assert!(!rss.contains("medium=\"image\""), "{rss}");
    assert!(!json.contains("\"image\": {"), "{json}");
    assert!(page.contains("alt=\"\" loading"), "{page}");
}

#[test]
fn all_files_are_in_every_format() {
    let [rss, atom, json, page] = one(|_| {});
    for name in ["guide.pdf", "guide.mp3"] {
        let address = format!("https://agency.example/files/{name}");
        for document in [&rss, &atom, &json, &page] {
            assert!(document.contains(&address), "{document}");
        }
    }
    assert_eq!(rss.matches("<enclosure ").count(), 1);
    assert!(!atom.contains("length=\"0\""), "{atom}");
}

#[test]
fn places_have_labels_in_every_format() {
    let [rss, atom, json, page] = one(|_| {});
    assert!(
        rss.contains("<category>Chiapas, Mexico</category>"),
        "{rss}"
    );
    assert!(
        rss.contains("<category domain=\"urn:iso:std:iso:3166:-2\">MX-CHP</category>"),
        "{rss}"
    );
    assert!(atom.contains("label=\"Chiapas, Mexico\""), "{atom}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let tags = [
        "seasonal work",
        "rights & duties",
        "Costa Rica",
        "Mexico",
        "Chiapas, Mexico",
    ];
    assert_eq!(json["items"][0]["tags"], serde_json::json!(tags));
    assert!(
        page.contains("<data class=\"region\" value=\"MX-CHP\">Chiapas, Mexico</data>"),
        "{page}"
    );
    // The label of a subdivision already names its country.
    assert!(!page.contains(">Mexico</data>"), "{page}");
}

#[test]
fn no_language_is_claimed_that_words_are_not_in() {
    let language = |tag: &str| Some(tag.parse().unwrap());
    let [rss, atom, json, page] = one(|story| story.shown.language = None);
    assert!(
        !rss.contains("<language>") && !rss.contains("<dc:language>"),
        "{rss}"
    );
    let (_, entry) = atom.split_once("<entry>").unwrap();
    assert!(!entry.contains("xml:lang"), "{entry}");
    assert!(!atom.contains("Atom\" xml:lang"), "{atom}");
    assert!(!json.contains("\"language\": \"en\""), "{json}");
    assert!(page.contains("<h3 lang=\"\" dir=\"auto\">"), "{page}");
    let [rss, _, json, page] = one(|story| story.shown.language = language("ar"));
    assert!(rss.contains("<language>ar</language>"), "{rss}");
    assert!(json.contains("\"language\": \"ar\""), "{json}");
    assert!(page.contains("<h3 lang=\"ar\" dir=\"rtl\">"), "{page}");
    assert!(
        page.contains("<bdi class=\"publisher\">Agencia Sur</bdi>"),
        "{page}"
    );
    // Pages are in English for every language except Spanish.
    let site = Site {
        language: "fr".parse().unwrap(),
        ..sample::site()
    };
    let page = rendered(&sample::feed(), &site, FeedFormat::Html);
    assert!(page.contains("<html lang=\"en\">"), "{page}");
    assert!(page.contains("<h1 lang=\"fr\" dir=\"auto\">"), "{page}");
}

#[test]
fn a_source_is_where_the_story_was_taken_from() {
    let source = |change: fn(&mut Story)| {
        let [rss, ..] = one(change);
        let (_, source) = rss.split_once("<source url=\"")?;
        Some(source.split('"').next().unwrap().to_owned())
    };
    assert_eq!(
        source(|_| {}).as_deref(),
        Some("https://agency.example/rss?a=1&amp;b=2")
    );
    let home = source(|story| story.reports[0].source_address = None);
    assert_eq!(home.as_deref(), Some("https://agency.example/"));
    let none = source(|story| {
        story.reports[0].source_address = None;
        story.reports[0].address = None;
    });
    assert_eq!(none, None);
}

#[test]
fn a_page_tells_how_many_stories_of_all_it_shows() {
    let mut feed = sample::feed();
    feed.stories = 143;
    let page = rendered(&feed, &sample::site(), FeedFormat::Html);
    assert!(page.contains("143 stories · last change"), "{page}");
    assert!(page.contains(" · the newest 3 here"), "{page}");
    feed.stories = 3;
    let page = rendered(&feed, &sample::site(), FeedFormat::Html);
    assert!(
        page.contains("<p class=\"facts\">3 stories") && !page.contains("newest"),
        "{page}"
    );
}

#[test]
fn a_branch_reads_well() {
    let (feed, site) = (sample::branch(), sample::site());
    let page = lines(&rendered(&feed, &site, FeedFormat::Html));
    let (top, _) = page.split_once("<main").expect("a page");
    insta::assert_snapshot!("branch-page", top);
    assert_eq!(read(&feed, &site), read(&sample::feed(), &site));
    let atom = rendered(&feed, &site, FeedFormat::Atom);
    let atom = atom_syndication::Feed::read_from(atom.as_bytes()).unwrap();
    assert_eq!(atom.title().value, "Labour migration · Mexico · Spanish");
    let links: Vec<&str> = atom
        .links()
        .iter()
        .map(atom_syndication::Link::href)
        .collect();
    let address =
        |end: &str| format!("https://bulletins.example/labour-migration/mx-lang-es.{end}");
    assert_eq!(links, ["atom", "html", "rss", "json"].map(address));
    let names = feed_file_names(&"labour-migration/mx-lang-es".parse().unwrap());
    let files = super::render_feed_files(&feed, &site)
        .into_iter()
        .map(|file| file.name);
    assert_eq!(files.collect::<Vec<_>>(), names);
}

#[test]
fn a_topics_page_leads_to_its_branches() {
    let feed = Feed {
        branches: sample::branches(),
        ..sample::feed()
    };
    let site = Site {
        language: "es".parse().unwrap(),
        ..sample::site()
    };
    let page = lines(&rendered(&feed, &site, FeedFormat::Html));
    let (_, branches) = page
        .split_once("<nav aria-label=\"Partes")
        .expect("branches");
    let (branches, _) = branches.split_once("</nav>").expect("their end");
    insta::assert_snapshot!("branches", branches);
}

#[test]
fn a_search_reads_well() {
    let (feed, site) = (sample::answer(), sample::site());
    let page = lines(&rendered(&feed, &site, FeedFormat::Html));
    let (top, _) = page.split_once("<main").expect("a page");
    insta::assert_snapshot!("search-page", top);
    assert_eq!(read(&feed, &site), read(&sample::feed(), &site));
    let atom = rendered(&feed, &site, FeedFormat::Atom);
    let atom = atom_syndication::Feed::read_from(atom.as_bytes()).unwrap();
    assert_eq!(
        atom.title().value,
        "“\"visas & <permits>\" -country:US” · Search"
    );
    assert_eq!(atom.updated().to_rfc3339(), "2021-06-30T09:15:00+00:00");
    let own = atom.links().iter().find(|link| link.rel() == "self");
    let address: url::Url = own.expect("a link").href().parse().unwrap();
    assert_eq!(address.path(), "/search.atom");
    let query = "\"visas & <permits>\" -country:US";
    let asked: Vec<_> = address.query_pairs().collect();
    assert_eq!(asked, [("q".into(), query.into())]);
    assert!(super::render_feed_files(&feed, &site).is_empty());
}

#[test]
fn a_query_that_cannot_be_read_is_marked() {
    let mistake = QueryError {
        column: 8,
        message: "there is no field `tilte:`".into(),
        hint: Some("did you mean `title:`?".into()),
    };
    let page = render_search_page(&sample::site(), "visas \"tilte:<b> x", Some(&mistake));
    insta::assert_snapshot!("search-mistake", lines(&String::from_utf8(page).unwrap()));
    let site = Site {
        language: "es".parse().unwrap(),
        ..sample::site()
    };
    let page = render_search_page(&site, "", None);
    insta::assert_snapshot!("search-form", lines(&String::from_utf8(page).unwrap()));
}

#[test]
fn a_search_without_results_can_be_followed() {
    let site = sample::site();
    let feed = Feed::from_search("visas".into(), Vec::new());
    assert!(read(&feed, &site).is_empty());
    let page = rendered(&feed, &site, FeedFormat::Html);
    assert!(page.contains("Nothing was found."), "{page}");
    assert!(page.contains("href=\"search.rss?q=visas\""), "{page}");
}

#[test]
fn only_a_served_site_offers_a_search() {
    let page = |search| {
        let files = render_index_files(&sample::site(), &sample::summaries(), search);
        text(files, "index.html")
    };
    assert!(page(SearchAvailability::Offered).contains("<form"));
    assert!(!page(SearchAvailability::NotOffered).contains("<form"));
}

/// The examples for readers are parsed as intended.
#[test]
fn the_examples_are_queries() {
    for language in ["en", "es", "pl"] {
        let words = super::words::Words::for_language(&language.parse().unwrap());
        for (example, _) in words.examples {
            let read = Query::parse(example).unwrap_or_else(|error| panic!("{example}: {error}"));
            assert_eq!(read.warnings, [], "{example}");
        }
    }
}

#[test]
fn all_formats_hold_the_same() {
    let feed = sample::feed();
    let read = read(&feed, &sample::site());
    let ids: Vec<String> = feed.live.iter().map(|story| story.id.urn()).collect();
    assert_eq!(
        read.iter().map(|read| read.id.clone()).collect::<Vec<_>>(),
        ids
    );
    let links: Vec<_> = read.iter().map(|read| read.link.as_deref()).collect();
    let expected = [
        Some("https://tablon.example/avisos/6"),
        Some("https://agency.example/news/9"),
        Some("https://agency.example/news/7?a=1&b=2"),
    ];
    assert_eq!(links, expected);
    let offset = |read: &Read| read.published.to_rfc3339();
    assert_eq!(offset(&read[1]), "2021-06-29T14:30:00-06:00");
}

#[test]
fn what_is_a_story_no_more_leaves_a_tombstone() {
    let [kept, merged, withdrawn] = [0, 1, 2].map(|at: usize| sample::feed().live[at].id);
    let tombstone = |id, fate| Tombstone {
        id,
        at: "2021-07-02T10:00:00Z".parse().unwrap(),
        fate,
    };
    let feed = Feed {
        gone: vec![
            tombstone(merged, RemovalReason::Merged(kept)),
            tombstone(
                withdrawn,
                RemovalReason::Withdrawn("the <office> took it back".into()),
            ),
        ],
        live: Vec::new(),
        ..sample::feed()
    };
    let site = sample::site();
    is_valid(&feed, &site);
    insta::assert_snapshot!("atom-tombstones", rendered(&feed, &site, FeedFormat::Atom));
    insta::assert_snapshot!("json-tombstones", rendered(&feed, &site, FeedFormat::Json));
}

#[test]
fn a_story_without_an_address_has_no_link() {
    let mut feed = sample::feed();
    feed.live = vec![sample::reported_twice()];
    feed.live[0].reports.truncate(1);
    feed.live[0].shown.summary = None;
    assert_eq!(read(&feed, &sample::site())[0].link, None);
    // RFC 4287 §4.1.2: an entry without a link has content.
    let atom = rendered(&feed, &sample::site(), FeedFormat::Atom);
    let atom = atom_syndication::Feed::read_from(atom.as_bytes()).unwrap();
    let content = atom.entries[0]
        .content
        .as_ref()
        .and_then(|content| content.value());
    assert_eq!(content, Some("Fair recruitment fair opens in Tapachula"));
}

#[test]
fn quiet_stories_are_on_the_page_alone() {
    let mut feed = sample::feed();
    let quiet = feed.live.remove(1);
    let id = quiet.id.to_string();
    feed.quiet = vec![quiet];
    feed.stories = 3;
    assert_eq!(read(&feed, &sample::site()).len(), 2);
    let page = rendered(&feed, &sample::site(), FeedFormat::Html);
    let place = |id: &str| page.find(&format!("id=\"{id}\"")).expect("on the page");
    assert!(place(&feed.live[0].id.to_string()) < place(&id));
    assert!(place(&id) < place(&feed.live[1].id.to_string()));
}

#[test]
fn an_empty_page_speaks_its_sites_language() {
    let empty = Feed {
        live: Vec::new(),
        stories: 0,
        updated: None,
        ..sample::feed()
    };
    let site = Site {
        language: "es".parse().unwrap(),
        ..sample::site()
    };
    let page = rendered(&empty, &site, FeedFormat::Html);
    assert!(page.contains("Aún no se ha publicado nada sobre este tema."));
    assert!(page.contains("0 noticias</p>"));
    assert!(read(&empty, &site).is_empty());
    // No visible text mentions the epoch.
    assert!(!page.contains("1970") && !rendered(&empty, &site, FeedFormat::Rss).contains("1970"));
}

#[test]
fn a_page_gives_the_beginning_of_a_long_text() {
    let text = |words: usize, reports: usize| {
        let mut feed = sample::feed();
        feed.live = vec![sample::reported_twice()];
        feed.live[0].reports.truncate(reports);
        let html = format!("<p>{}<b>end</b></p>", "word ".repeat(words));
        feed.live[0].shown.summary = Some(SafeHtml::from_sanitized(html));
        rendered(&feed, &sample::site(), FeedFormat::Html)
    };
    assert!(text(250, 2).contains("<b>end</b>"));
    assert!(text(400, 2).contains("word word…</p></div>"));
    // Its only report has no address: there is nowhere else to read it.
    assert!(text(400, 1).contains("<b>end</b>"));
}

#[test]
fn a_page_tells_the_time_of_day_where_there_is_one() {
    let check = |published: Published, expected: Option<&str>| {
        let mut feed = sample::feed();
        feed.live = vec![sample::reported_twice()];
        feed.live[0].published = published;
        let page = rendered(&feed, &sample::site(), FeedFormat::Html);
        let shown = page.contains(" · <time") || page.contains(" · first seen <time");
        assert!(
            expected.map_or(!shown, |time| page.contains(time)),
            "{page}"
        );
    };
    let stated = |at: &str, precision| {
        let at = at.parse().unwrap();
        Published::Stated(Dated { at, precision })
    };
    let (noon, midnight) = ("2021-06-28T12:00:00-06:00", "2021-06-28T00:00:00-06:00");
    check(stated(noon, Precision::Instant), Some("12:00 UTC−6"));
    check(stated(noon, Precision::Day), None);
    check(stated(midnight, Precision::Instant), None);
    let seen = Published::FirstSeen("2021-06-28T00:00:00Z".parse().unwrap());
    check(
        seen,
        Some("first seen <time datetime=\"2021-06-28T00:00:00+00:00\">00:00 UTC"),
    );
}

#[test]
fn a_page_tells_no_day_that_is_not_known() {
    let mut feed = sample::feed();
    feed.live = vec![sample::reported_twice()];
    feed.live[0].published = Published::Stated(Dated {
        at: "2021-06-01T00:00:00-06:00".parse().unwrap(),
        precision: Precision::Month,
    });
    let page = rendered(&feed, &sample::site(), FeedFormat::Html);
    assert!(
        page.contains("<h2><time datetime=\"2021-06\">June 2021</time></h2>"),
        "{page}"
    );
    assert!(!page.contains("1 June 2021"), "{page}");
}

#[test]
fn an_id_outlives_a_change_of_host() {
    let id = |base_url: &str| {
        let base_url = base_url.parse().unwrap();
        let site = Site {
            base_url,
            ..sample::site()
        };
        let atom = rendered(&sample::feed(), &site, FeedFormat::Atom);
        atom_syndication::Feed::read_from(atom.as_bytes())
            .unwrap()
            .id
    };
    assert_eq!(id("https://a.example/"), id("http://b.example:8080/feeds/"));
}

#[test]
fn pages_run_nothing() {
    let mistake = QueryError {
        column: 1,
        message: "no".into(),
        hint: None,
    };
    let page = render_search_page(&sample::site(), "javascript (", Some(&mistake));
    let pages = [
        rendered(&sample::feed(), &sample::site(), FeedFormat::Html),
        rendered(&sample::answer(), &sample::site(), FeedFormat::Html),
        String::from_utf8(page).unwrap(),
        text(
            render_index_files(
                &sample::site(),
                &sample::summaries(),
                SearchAvailability::Offered,
            ),
            "index.html",
        ),
    ];
    for page in pages {
        for barred in ["<script", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!page.contains(barred), "{barred}");
        }
    }
}

proptest! {
    /// With any text in titles, names and markup, every format can be read, and all agree.
    #[test]
    fn any_text_reads_back(
        title in any::<String>(),
        name in "\\PC*|[\u{0}-\u{20}<>&'\"\\]]*",
        markup in any::<String>(),
    ) {
        let mut feed = sample::feed();
        feed.scope = FeedScope::Feed(sample::name("labour-migration", &title));
        let site = Site { title: name.clone(), ..sample::site() };
        for story in &mut feed.live {
            story.shown.title.clone_from(&title);
            story.shown.summary = Some(SafeHtml::from_sanitized(markup.clone()));
            story.shown.content = Some(SafeHtml::from_sanitized(format!("]]{markup}>")));
            story.shown.tags = vec![name.clone()];
            for report in &mut story.reports {
                report.publisher.clone_from(&name);
            }
        }
        prop_assert_eq!(read(&feed, &site).len(), feed.live.len());
        let mut branch = sample::summary("labour-migration/from-agency", &title, 1);
        branch.name.publisher = Some(name.clone());
        let summaries = [sample::summary("labour-migration", &title, 3), branch];
        check_xml(&text(render_index_files(&site, &summaries, SearchAvailability::Offered), "index.opml"));
        let scopes = [feed.scope.clone(), FeedScope::Feed(summaries[1].name.clone()), FeedScope::Search(name)];
        for scope in scopes {
            feed.scope = scope;
            check_xml(&rendered(&feed, &site, FeedFormat::Rss));
            check_xml(&rendered(&feed, &site, FeedFormat::Atom));
        }
    }

    /// With any query, the form contains it, the mark removes nothing, and the links repeat it.
    #[test]
    fn any_query_is_asked_again(query in "\\PC*|[<>&'\"+%#?/ ]*", column in 0usize..20) {
        let site = sample::site();
        let mistake = QueryError { column, message: query.clone(), hint: Some(query.clone()) };
        let page = render_search_page(&site, &query, Some(&mistake));
        let page = scraper::Html::parse_document(&String::from_utf8(page).unwrap());
        let first = |selector: &str| page.select(&scraper::Selector::parse(selector).unwrap()).next().unwrap();
        prop_assert_eq!(first("input").attr("value"), Some(query.as_str()));
        let shown: String = first("pre").text().collect();
        prop_assert_eq!(shown.trim_end(), query.trim_end());
        let hint: String = first(".mistake p:last-child").text().collect();
        prop_assert_eq!(&hint, &query);

        let answer = rendered(&Feed::from_search(query.clone(), Vec::new()), &site, FeedFormat::Html);
        let answer = scraper::Html::parse_document(&answer);
        let link = scraper::Selector::parse("link[type='application/atom+xml']").unwrap();
        let link = answer.select(&link).next().unwrap().attr("href").unwrap();
        let address = site.base_url.join(link).unwrap();
        let asked: Vec<_> = address.query_pairs().map(|(_, query)| query.into_owned()).collect();
        prop_assert_eq!(asked, [query]);
    }
}

/// Checks requirements of XML 1.0 that the feed crates do not check: allowed characters, and matching tags.
fn check_xml(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    while reader.read_event().expect("well-formed XML") != quick_xml::events::Event::Eof {}
    let forbidden = |c: char| c < ' ' && !"\t\n\r".contains(c) || "\u{FFFE}\u{FFFF}".contains(c);
    assert_eq!(text.find(forbidden), None);
}
