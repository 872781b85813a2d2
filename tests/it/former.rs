//! Changes that would break readers need consent; renamed feeds continue, and old addresses lead to them.

use serde_json::json;

use crate::support::{
    ANYWHERE, FINDABLE, Reply, Server, Service, Workspace, day, get, notices, request, request_as,
    rss, source, titles,
};

/// Returns a topic that sources are assigned to.
fn topic(id: &str, keys: &str) -> String {
    format!("[[topic]]\nid = \"{id}\"\ntitle = \"News\"\n{keys}\n")
}

/// Sources of one server, each with three notices of its own.
struct Town {
    server: Server,
    workspace: Workspace,
}

const SOURCES: [&str; 3] = ["harbour", "office", "port"];

impl Town {
    fn new(topic: &str) -> Self {
        let server = Server::start();
        for (at, id) in SOURCES.iter().enumerate() {
            let body = rss(&notices(at * 10..at * 10 + 3, day(0)));
            server.serve(&format!("/{id}"), body);
        }
        let workspace = Workspace::new("");
        let town = Self { server, workspace };
        town.configure(topic, &SOURCES);
        town.workspace.poll(day(0));
        town
    }

    fn source(&self, id: &str) -> String {
        source(id, &self.server.url(&format!("/{id}")))
    }

    fn configure(&self, topic: &str, sources: &[&str]) {
        let sources: String = sources.iter().map(|id| self.source(id)).collect();
        self.workspace
            .configure(&format!("{FINDABLE}{topic}{sources}"));
    }

    fn plan(&self) -> serde_json::Value {
        let now = day(0).to_rfc3339();
        let plan = ["plan", "--json", "--now", &now];
        self.workspace.run(&plan).done().json()
    }

    /// Checks with a running daemon that a change is refused for these reasons without consent, and planned and done
    /// with it.
    #[track_caller]
    fn check_refused(&self, topic: &str, sources: &[&str], why: &[&str]) {
        let service = Service::start(&self.workspace);
        self.configure(topic, sources);
        let planned = self.plan()["refused"].to_string();
        let refused = self.workspace.run(&["reload"]);
        assert_eq!(refused.status, Some(1), "{refused:?}");
        for words in why {
            assert!(refused.stdout.contains(words), "{words}: {refused:?}");
            let quoted = words.replace('"', "\\\"");
            assert!(planned.contains(&quoted), "{words}: {planned}");
        }
        let done = self.workspace.run(&["reload", "--yes"]);
        assert_eq!(done.status, Some(0), "{done:?}");
        service.stop();
    }
}

fn location(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.header("location"))
}

const FORMATS: [&str; 5] = [".atom", ".rss", ".json", ".html", ""];

#[test]
fn a_topic_that_is_renamed_keeps_its_stories_and_its_readers() {
    let town = Town::new(&topic("news", "each = [\"source\"]"));
    let before = town.workspace.published().stories("news");
    let id_of = |file: &str| {
        let text = town.workspace.published().text(file);
        let (_, id) = text.split_once("<id>").unwrap();
        id.split_once("</id>").unwrap().0.to_owned()
    };
    let id = id_of("news.atom");
    let mut service = Service::start(&town.workspace);
    town.workspace
        .run(&["stories", "withdraw", &before[0].id, "--reason", "wrong"])
        .done();
    service.logs("decided to withdraw");
    let renamed = topic("bulletins", "each = [\"source\"]\nformer = [\"news\"]");
    let sources: String = SOURCES.iter().map(|id| town.source(id)).collect();
    let sources = sources.replace("\"news\"", "\"bulletins\"");
    town.workspace
        .configure(&format!("{FINDABLE}{renamed}{sources}"));
    let plan = town.plan();
    assert_eq!(plan["refused"], json!([]), "{plan}");
    assert_eq!(plan["feeds"], json!([]), "{plan}");
    assert_eq!(
        plan["renamed"]["feeds"][0],
        json!({"was": "news", "now": "bulletins"})
    );
    let told = town.workspace.run(&["reload"]).done().stdout;
    assert!(
        told.contains("topic news is called bulletins now\n"),
        "{told}"
    );
    assert!(!told.contains("new topic"), "{told}");
    service.get_until("/bulletins.atom", |reply| reply.status == 200);
    let after = town.workspace.published().stories("bulletins");
    assert_eq!(
        (
            titles(&after),
            after.iter().map(|story| &story.id).collect::<Vec<_>>()
        ),
        (
            titles(&before[1..]),
            before[1..].iter().map(|story| &story.id).collect()
        )
    );
    assert_eq!(
        id_of("bulletins.atom"),
        id,
        "a feed that moves keeps its id"
    );
    let atom = service.get("/bulletins.atom");
    assert!(atom.text().contains("deleted-entry"), "its tombstones too");
    assert!(atom.text().contains("/bulletins.atom\""), "{}", atom.text());
    for end in FORMATS {
        for (was, now) in [
            ("news", "bulletins"),
            ("news/from-port", "bulletins/from-port"),
        ] {
            let moved = service.get(&format!("/{was}{end}?x=1"));
            assert_eq!(location(&moved), (301, &*format!("/{now}{end}?x=1")));
            let head = request(service.public(), "HEAD", &format!("/{was}{end}"), &[]);
            assert_eq!(head.status, 301);
            assert_eq!(
                service.get(&format!("/{now}{end}")).status,
                200,
                "{now}{end}"
            );
        }
        assert!(
            !town.workspace.path(&format!("feeds/news{end}")).is_file(),
            "{end}"
        );
    }
    // The same after a restart, and no reload renames anything again.
    service.stop();
    let service = Service::start(&town.workspace);
    assert_eq!(service.get("/news.atom").status, 301);
    let told = town.workspace.run(&["reload"]).done().stdout;
    assert_eq!(told, "in force: 3 sources, 1 topics\n");
    service.stop();
}

#[test]
fn a_live_topic_that_goes_wants_consent() {
    let town = Town::new(&format!(
        "{}{}",
        topic("news", ""),
        topic("port", "any = [\"harbour\"]")
    ));
    // Renamed without `former`: its readers would find nothing.
    let renamed = topic("ports", "any = [\"harbour\"]");
    let topics = format!("{}{renamed}", topic("news", ""));
    town.check_refused(&topics, &SOURCES, &[
        "the feed `port` would vanish with its 9 stories",
        "`ports` has its queries: if it is renamed, put `former = [\"port\"]` into the topic `ports`",
    ]);
}

#[test]
fn a_branch_that_goes_wants_consent_unless_it_leads_on() {
    let town = Town::new(&topic("news", "each = [\"source\"]"));
    town.configure(&topic("news", ""), &SOURCES);
    let refused = town.plan()["refused"].clone();
    assert_eq!(refused.as_array().unwrap().len(), 3, "{refused}");
    assert!(
        refused
            .to_string()
            .contains("the branch `news/from-port` would vanish"),
        "{refused}"
    );
    let former = "former = [\"news/from-harbour\", \"news/from-office\", \"news/from-port\"]";
    town.configure(&topic("news", former), &SOURCES);
    assert_eq!(town.plan()["refused"], json!([]));
    let service = Service::start(&town.workspace);
    let moved = service.get("/news/from-port.atom");
    assert_eq!(location(&moved), (301, "/news.atom"));
    service.stop();
}

#[test]
fn half_of_the_sources_lost_at_once_wants_consent() {
    let town = Town::new(&topic("news", ""));
    let why = "2 of 3 sources would be lost (`office`, `port`): look whether `include`";
    town.check_refused(&topic("news", ""), &SOURCES[..1], &[why]);
    // Losing a third of them is not unusual.
    town.configure(&topic("news", ""), &SOURCES);
    town.workspace.poll(day(1));
    town.configure(&topic("news", ""), &SOURCES[..2]);
    assert_eq!(town.plan()["refused"], json!([]));
}

#[test]
fn a_source_that_is_renamed_is_asked_about_and_keeps_its_items() {
    let town = Town::new(&topic("news", "each = [\"source\"]"));
    let before = town.workspace.published().stories("news");
    let quay = town
        .source("port")
        .replace("id = \"port\"", "id = \"quay\"");
    let others: String = SOURCES[..2].iter().map(|id| town.source(id)).collect();
    let with = |quay: &str| {
        let topic = topic("news", "each = [\"source\"]");
        town.workspace
            .configure(&format!("{FINDABLE}{topic}{others}{quay}"));
    };
    with(&quay);
    let refused = town.plan()["refused"].to_string();
    let why = "the source `quay` has the address of `port`, which is gone: if it is renamed, put `former = [\\\"port\\\"]`";
    assert!(refused.contains(why), "{refused}");
    with(&format!("{quay}former = [\"port\"]\n"));
    let plan = town.plan();
    assert_eq!(plan["refused"], json!([]), "{plan}");
    assert_eq!(
        plan["renamed"]["sources"],
        json!([{"was": "port", "now": "quay"}])
    );
    town.workspace.poll(day(1));
    let after = town.workspace.published().stories("news");
    let ids = |stories: &[crate::support::Story]| -> Vec<String> {
        stories.iter().map(|story| story.id.clone()).collect()
    };
    assert_eq!(
        (titles(&after), ids(&after)),
        (titles(&before), ids(&before))
    );
    let reports: Vec<&String> = after.iter().flat_map(|story| &story.reports).collect();
    assert_eq!(
        reports.iter().filter(|id| **id == "quay").count(),
        3,
        "{reports:?}"
    );
    assert_eq!(town.workspace.status("quay")["items"], 3);
    // The new name also works in queries, and an edit still meets its items.
    let edited = rss(&notices(20..23, day(0))).replace("Notice 21", "Corrected notice 21");
    town.server.serve("/port", edited);
    town.workspace.poll(day(2));
    assert_eq!(town.workspace.status("quay")["items"], 3);
    let service = Service::start(&town.workspace);
    let moved = service.get("/news/from-port.atom");
    assert_eq!(location(&moved), (301, "/news/from-quay.atom"));
    let found = service.get("/search.json?q=source:quay").json();
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
    service.stop();
}

#[test]
fn a_site_that_moved_answers_at_its_former_addresses() {
    let site = "[site]\nbase_url = \"https://new.example/\"\nformer = [\"https://old.example/\"]\n";
    let topic = topic("news", "former = [\"old-news\"]");
    let workspace = Workspace::new(&format!("{site}{ANYWHERE}{topic}"));
    let service = Service::start(&workspace);
    let ask = |host: &str, target: &str| request_as(service.public(), host, "GET", target, &[]);
    let moved = ask("old.example", "/news.atom");
    assert_eq!(location(&moved), (301, "https://new.example/news.atom"));
    // In one step, though the topic has moved too.
    let moved = ask("old.example", "/old-news.rss");
    assert_eq!(location(&moved), (301, "https://new.example/news.rss"));
    let moved = ask("old.example", "/search.atom?q=flood");
    assert_eq!(
        location(&moved),
        (301, "https://new.example/search.atom?q=flood")
    );
    assert_eq!(
        location(&ask("old.example", "/")),
        (301, "https://new.example/")
    );
    assert_eq!(ask("new.example", "/news.atom").status, 200);
    let moved = ask("new.example", "/old-news.json");
    assert_eq!(location(&moved), (301, "https://new.example/news.json"));
    assert_eq!(get(service.public(), "/news.atom", &[]).status, 200);
    service.stop();
}

#[test]
fn former_names_that_cannot_be_are_mistakes_with_their_place() {
    let one = topic(
        "news",
        "each = [\"country\"]\nformer = [\"a\", \"news\", \"ports\", \"news/mx\", \"No\"]",
    );
    let other = topic("ports", "former = [\"a\", \"news/lang-es\"]");
    let sources = "[[source]]\nid = \"x\"\nurl = \"https://x.example/\"\nformer = [\"y\", \"x\"]\ntopics = [\"news\", \"ports\"]\n\
                   [[source]]\nid = \"y\"\nurl = \"https://y.example/\"\nformer = [\"z\", \"z\"]\ntopics = [\"news\"]\n";
    let site = "[site]\nbase_url = \"https://a.example/\"\nformer = [\"https://a.example\", \"https://b.example/\", \"https://b.example\", \"b\"]\n";
    let workspace = Workspace::new(&format!("{site}{one}{other}{sources}"));
    let ran = workspace.run(&["check"]);
    assert_eq!(ran.status, Some(2));
    for words in [
        "toml:15:11: this is the address that the site has now",
        "toml:15:54: this address stands here twice",
        "toml:15:75: an address with `http://`",
        "toml:20:16: `news` is the name that the topic has now",
        "toml:20:24: `ports` is a topic of its own, at config/tidings.toml:",
        "toml:20:33: `news/mx` is published still, by `each`",
        "toml:20:44: `No` is no feed's name",
        "toml:24:11: the former feed `a` stands already at config/tidings.toml:20:11",
        "`y` is a source of its own, at config/tidings.toml:",
        "`x` is the name that the source has now",
        "the former source `z` stands already at config/tidings.toml:",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("hint: ").count(), 11, "{}", ran.stderr);
}

#[test]
fn a_former_name_that_the_store_never_knew_is_warned_of() {
    let town = Town::new(&topic("news", ""));
    town.configure(&topic("news", "former = [\"newss\"]"), &SOURCES);
    let ran = town.workspace.run(&["check"]).done();
    let words = "warning: no feed was ever called `newss` here";
    assert!(ran.stdout.contains(words), "{}", ran.stdout);
}
