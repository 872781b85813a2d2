//! Topics are queries over the stored items: adding, changing and removing one polls nothing.

use crate::support::{
    FINDABLE, NEWS, Server, Service, Workspace, day, notice, notices, rss, source, titles,
};

/// Stores five notices in the topic `news`; the sources are not polled again.
fn stored() -> (Server, Workspace, String) {
    let server = Server::start();
    server.serve("/", rss(&notices(1..6, day(0))));
    let harbour = source("harbour", &server.url("/"));
    let workspace = Workspace::new(&format!("{NEWS}{harbour}"));
    workspace.poll(day(0));
    (server, workspace, harbour)
}

/// Runs while nothing is due.
fn run(workspace: &Workspace) {
    let ran = workspace
        .run(&["once", "--now", &day(0).to_rfc3339()])
        .well();
    assert!(!ran.stdout.contains("harbour"), "{}", ran.stdout);
}

const PIERS: &str =
    "[[topic]]\nid = \"piers\"\ntitle = \"Piers\"\nany = ['\"pier 2\" OR \"pier 4\"']\n";

#[test]
fn a_new_topic_is_filled_from_what_is_stored() {
    let (server, workspace, harbour) = stored();
    let news = workspace.published().stories("news");
    workspace.configure(&format!("{NEWS}{PIERS}{harbour}"));
    run(&workspace);
    let piers = workspace.published().stories("piers");
    assert_eq!(
        titles(&piers),
        [2, 4].map(|number| notice(number, day(0)).title)
    );
    // A story is the same in every feed.
    assert_eq!((&piers[0], &piers[1]), (&news[1], &news[3]));
    assert_eq!(workspace.published().stories("news"), news);
    assert!(
        workspace
            .published()
            .text("index.html")
            .contains("piers.html")
    );
    assert!(
        workspace
            .published()
            .text("index.opml")
            .contains("piers.atom")
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_topic_that_is_removed_takes_its_files_along() {
    let (_server, workspace, harbour) = stored();
    let before = workspace.published().files();
    workspace.configure(&format!("{NEWS}{PIERS}{harbour}"));
    run(&workspace);
    let piers = workspace.published().stories("piers");
    workspace.configure(&format!("{NEWS}{harbour}"));
    run(&workspace);
    workspace.published().files().hold_the_same_as(&before);
    // Back again, it contains the same stories under the same ids.
    workspace.configure(&format!("{NEWS}{PIERS}{harbour}"));
    run(&workspace);
    assert_eq!(workspace.published().stories("piers"), piers);
}

#[test]
fn a_topic_with_another_title_is_rendered_again_with_the_same_stories() {
    let (_server, workspace, harbour) = stored();
    let before = workspace.published().stories("news");
    workspace.configure(&format!("{}{harbour}", NEWS.replace("News", "Latest news")));
    run(&workspace);
    assert_eq!(workspace.published().stories("news"), before);
    for name in [
        "news.rss",
        "news.atom",
        "news.json",
        "news.html",
        "index.html",
        "index.opml",
    ] {
        let text = workspace.published().text(name);
        assert!(text.contains("Latest news"), "{name}");
    }
}

#[test]
fn a_story_leaves_a_topic_that_excludes_it() {
    let (_server, workspace, harbour) = stored();
    workspace.configure(&format!("{NEWS}{PIERS}{harbour}"));
    run(&workspace);
    workspace.configure(&format!("{NEWS}{PIERS}exclude = ['\"pier 4\"']\n{harbour}"));
    run(&workspace);
    let piers = workspace.published().stories("piers");
    assert_eq!(titles(&piers), [notice(2, day(0)).title]);
    let page = workspace.published().text("piers.html");
    assert!(!page.contains(&notice(4, day(0)).title));
}

#[test]
fn a_search_finds_what_a_source_gave_to_a_topic_before_it_went() {
    let (_server, workspace, _) = stored();
    workspace.configure(&format!("{FINDABLE}{NEWS}"));
    let service = Service::start(&workspace);
    let found = service.get("/search.json?q=topic:news");
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 5);
    service.stop();
}

/// A query with the deepest allowed nesting.
#[test]
fn a_query_of_many_levels_is_a_topic_and_a_search() {
    let (_server, workspace, harbour) = stored();
    let mut query = "notice".to_owned();
    for _ in 0..30 {
        query = format!("harbour (nowhere OR ({query}))");
    }
    let deep = format!("[[topic]]\nid = \"deep\"\nquery = '{query}'\n");
    workspace.configure(&format!("{FINDABLE}{NEWS}{deep}{harbour}"));
    run(&workspace);
    assert_eq!(workspace.published().stories("deep").len(), 5);
    let service = Service::start(&workspace);
    let asked = query.replace(' ', "%20");
    let found = service.get(&format!("/search.json?q={asked}"));
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 5);
    service.stop();
}

/// Returns a feed that declares no language: titles alone leave it open, texts do not.
fn in_no_language(entries: &[(&str, &str)]) -> String {
    let item = |(number, (title, text)): (usize, &(&str, &str))| {
        format!(
            "<item><guid isPermaLink=\"false\">{number}</guid><title>{title}</title>\
             <pubDate>Mon, 02 Mar 2026 08:00:00 +0000</pubDate><description>{text}</description></item>"
        )
    };
    let items: String = entries.iter().enumerate().map(item).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>T</title><link>https://t.example/</link>\
         <description>d</description>{items}</channel></rss>"
    )
}

/// A word whose form in the title only Spanish stems to the same word.
const RIVERS: &str =
    "[[topic]]\nid = \"rivers\"\ntitle = \"Rivers\"\nany = [\"flood\", \"inundado\"]\n";

#[test]
fn an_item_of_an_unknown_language_is_taken_for_that_of_its_source_or_the_site() {
    const TEXT: &str =
        "El ministerio informó que las personas que llegan para la cosecha recibirán lo acordado.";
    let server = Server::start();
    let titles_alone = [("Floods in Chiapas", ""), ("Inundadas en Tabasco", "")];
    let with_texts = [
        ("Inundadas en Tabasco", ""),
        ("Uno", TEXT),
        ("Dos", TEXT),
        ("Tres", TEXT),
    ];
    let taken = |site: &str, feed: String| {
        server.serve("/", feed);
        let workspace = Workspace::new(&format!(
            "{site}{RIVERS}{NEWS}{}",
            source("a", &server.url("/"))
        ));
        workspace.poll(day(0));
        (
            titles(&workspace.published().stories("rivers")).join(", "),
            workspace,
        )
    };
    let english = "[site]\nlanguage = \"en\"\n";
    let (found, workspace) = taken("", in_no_language(&titles_alone));
    assert!(
        found.contains("Floods in Chiapas") && found.contains("Inundadas en Tabasco"),
        "{found}"
    );
    let checked = workspace.run(&["check"]).well().stdout;
    assert!(
        checked.contains("in an unknown language: words are looked up in all languages in use: "),
        "{checked}"
    );
    let (found, workspace) = taken(english, in_no_language(&titles_alone));
    assert_eq!(found, "Floods in Chiapas");
    let checked = workspace.run(&["check"]).well().stdout;
    assert!(
        checked.contains("assumed to be en, the `language` of [site]"),
        "{checked}"
    );
    let (found, workspace) = taken(english, in_no_language(&with_texts));
    assert_eq!(found, "Inundadas en Tabasco");
    let checked = workspace.run(&["check"]).well().stdout;
    assert!(
        checked.contains("items of `a` in an unknown language: assumed to be es"),
        "{checked}"
    );
    let stories = workspace.published().stories("rivers");
    let told = workspace
        .run(&["explain", "item", &stories[0].id])
        .well()
        .stdout;
    assert!(
        told.contains("unknown: assumed to be es, like most items of its source"),
        "{told}"
    );
    let asked = ["explain", "topics", "Inundadas"];
    let alone = workspace.run(&asked).well().stdout;
    assert!(
        alone.contains("language unknown: assumed to be en"),
        "{alone}"
    );
    let of_source = workspace.run(&["explain", "topics", "Inundadas", "--source", "a"]);
    let of_source = of_source.well().stdout;
    assert!(of_source.starts_with("rivers"), "{of_source}");
}
