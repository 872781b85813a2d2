//! Everything that stories contain besides texts: pictures, files, places and sources, from the source to every
//! format.

use serde_json::Value;

use crate::support::{Workspace, day};

const TOPICS: &str = "[[topic]]\nid = \"zebra\"\ntitle = \"Zebra\"\n[[topic]]\nid = \"ant\"\ntitle = \"Ant\"\neach = [\"language\"]\n";

const FEED: &str = r#"<?xml version="1.0"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Harbour</title><description>d</description>
<item><title>Crane inspected at the north quay</title><guid isPermaLink="false">1</guid><link>notices/1</link><pubDate>Sun, 01 Mar 2026 08:00:00 GMT</pubDate>
<description>&lt;p&gt;See &lt;a href="plan.html"&gt;the plan&lt;/a&gt;.&lt;/p&gt;</description>
<enclosure url="files/1.pdf?sid=0a4f729a1784060437ae689bc8d26534" length="512" type="application/pdf"/>
<media:content url="p/1.jpg?s=0a4f729a1784060437ae689bc8d26534ffee1122" medium="image" width="640" height="480"><media:title>The crane</media:title></media:content>
</item></channel></rss>"#;

/// Creates a workspace with a feed in a file, and polls it.
fn polled(settings: &str) -> Workspace {
    let source = format!(
        "\n[[source]]\nid = \"harbour\"\nname = \"Harbour <Office>\"\nkind = \"feed\"\nurl = \"file:harbour.xml\"\n\
         every = \"1h\"\nlanguage = \"en\"\ntopics = [\"zebra\", \"ant\"]\n{settings}\n"
    );
    let workspace = Workspace::new(&format!("{TOPICS}{source}"));
    workspace.write("config/harbour.xml", FEED);
    workspace.poll(day(0));
    workspace
}

fn item(workspace: &Workspace) -> Value {
    let feed: Value = serde_json::from_str(&workspace.published().text("zebra.json")).unwrap();
    feed["items"][0].clone()
}

#[test]
fn a_file_says_where_its_links_lead_and_is_named_as_the_source() {
    let workspace = polled("base_url = \"https://harbour.example/news/feed.xml\"");
    let item = item(&workspace);
    assert_eq!(item["url"], "https://harbour.example/news/notices/1");
    let text = item["content_html"].as_str().unwrap();
    assert!(
        text.contains("https://harbour.example/news/plan.html"),
        "{text}"
    );
    let rss = workspace.published().text("zebra.rss");
    let source =
        "<source url=\"https://harbour.example/news/feed.xml\">Harbour &lt;Office&gt;</source>";
    assert!(rss.contains(source), "{rss}");
    let atom = workspace.published().text("zebra.atom");
    assert!(
        atom.contains("href=\"https://harbour.example/news/feed.xml\" rel=\"self\""),
        "{atom}"
    );
}

#[test]
fn pictures_and_files_are_published_to_the_letter() {
    let workspace = polled("base_url = \"https://harbour.example/news/\"");
    let item = item(&workspace);
    let image = "https://harbour.example/news/p/1.jpg?s=0a4f729a1784060437ae689bc8d26534ffee1122";
    assert_eq!(item["image"], image);
    let told = serde_json::json!({"alt": "The crane", "width": 640, "height": 480});
    assert_eq!(item["_tidings"]["image"], told);
    let file = "https://harbour.example/news/files/1.pdf?sid=0a4f729a1784060437ae689bc8d26534";
    assert_eq!(
        item["attachments"].as_array().map(Vec::len),
        Some(1),
        "{item}"
    );
    assert_eq!(item["attachments"][0]["url"], file);
    for name in ["zebra.rss", "zebra.atom", "zebra.html"] {
        let text = workspace.published().text(name);
        assert!(text.contains(image) && text.contains(file), "{text}");
    }
}

#[test]
fn lists_are_in_the_order_of_the_configuration() {
    let workspace = polled("base_url = \"https://harbour.example/news/\"");
    for list in ["index.html", "index.opml"] {
        let text = workspace.published().text(list);
        let place = |name: &str| {
            text.find(name)
                .unwrap_or_else(|| panic!("{name} in {list}"))
        };
        assert!(place("zebra.") < place("ant."), "{text}");
    }
}

#[test]
fn a_base_goes_with_files_only() {
    let source = "\n[[source]]\nid = \"a\"\nurl = \"https://a.example/\"\nbase_url = \"https://b.example/\"\n\
                  [[source]]\nid = \"b\"\nurl = \"file:b.xml\"\nbase_url = \"https://ana:pw@b.example/\"\n";
    let workspace = Workspace::new(&format!("{TOPICS}{source}"));
    let checked = workspace.run(&["check"]);
    for expected in [
        "`base_url` goes only with files and programs",
        "it may have no user or password",
    ] {
        assert!(checked.stderr.contains(expected), "{}", checked.stderr);
    }
}
