//! An operator's decisions about stories take effect at once, and polls keep them.

use crate::support::{
    FINDABLE, NEWS, Server, Service, Workspace, day, notices, rss, source, titles,
};

/// Polls one source after the other: the reports of the first found the stories.
const IN_ORDER: &str =
    "[fetch]\nconcurrency = 1\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\n";

/// Two sources that publish the same three notices.
struct Town {
    server: Server,
    workspace: Workspace,
}

impl Town {
    fn new(frame: &str) -> Self {
        let server = Server::start();
        let sources = ["harbour", "office"].map(|id| {
            server.serve(&format!("/{id}"), rss(&notices(0..3, day(0))));
            source(id, &server.url(&format!("/{id}")))
        });
        let workspace = Workspace::new(&format!("{IN_ORDER}{frame}{NEWS}{}", sources.concat()));
        workspace.poll(day(0));
        Self { server, workspace }
    }

    /// Publishes one more notice in both, and polls.
    fn poll(&self, days: i64) {
        for id in ["harbour", "office"] {
            let number = usize::try_from(days).unwrap() + 3;
            let body = rss(&notices((0..3).chain([number]), day(0)));
            self.server.serve(&format!("/{id}"), body);
        }
        self.workspace.poll(day(days));
    }

    fn ids(&self) -> Vec<String> {
        let stories = self.workspace.published().stories("news");
        stories.into_iter().map(|story| story.id).collect()
    }

    /// Returns a command's output, and its message if it refuses.
    fn stories(&self, arguments: &[&str]) -> (String, String) {
        let ran = self.workspace.run(&[&["stories"], arguments].concat());
        (ran.stdout, ran.stderr)
    }
}

#[test]
fn a_story_withdrawn_is_told_to_readers_and_never_comes_again() {
    let town = Town::new("");
    let before = town.ids();
    let reason = "taken back by the <office>";
    let (said, _) = town.stories(&["withdraw", &before[0], "--reason", reason]);
    assert!(
        said.ends_with(&format!("{} is withdrawn\n", before[0])),
        "{said}"
    );
    assert_eq!(town.ids(), before[1..]);
    let atom = town.workspace.published().text("news.atom");
    let tombstone = format!("<at:deleted-entry ref=\"{}\"", before[0]);
    let comment = "<at:comment>withdrawn: taken back by the &lt;office&gt;</at:comment>";
    assert!(
        atom.contains(&tombstone) && atom.contains(comment),
        "{atom}"
    );
    town.poll(1);
    assert_eq!(
        (town.ids().len(), town.ids().contains(&before[0])),
        (3, false)
    );
    let (_, refused) = town.stories(&["withdraw", &before[0], "--reason", "again"]);
    assert!(refused.contains("is withdrawn"), "{refused}");
    let (_, usage) = town.stories(&["withdraw", &before[1], "--reason", " "]);
    assert!(usage.contains("expected a reason on one line"), "{usage}");
}

#[test]
fn stories_are_split_and_merged_and_stay_so() {
    let town = Town::new("");
    let before = town.ids();
    let reports = || {
        let stories = town.workspace.published().stories("news");
        let found = stories.into_iter().find(|story| story.id == before[0]);
        found.unwrap().reports
    };
    assert_eq!(reports(), ["harbour", "office"]);
    let (said, _) = town.stories(&["split", &before[0], "office"]);
    let parted = format!("{} is separate from ", before[0]);
    let own = said.trim().rsplit_once(&parted).unwrap().1.to_owned();
    assert_eq!(reports(), ["harbour"]);
    town.poll(1);
    assert_eq!(reports(), ["harbour"]);
    town.stories(&["merge", &own, &before[0]]);
    assert_eq!(reports(), ["harbour", "office"]);
    town.poll(2);
    assert_eq!(reports(), ["harbour", "office"]);
    assert_eq!(town.ids().len(), 5);
    let (_, nobody) = town.stories(&["merge", "https://nobody.example/", &before[0]]);
    assert!(nobody.contains("nothing has the id or address `https://nobody.example/`"));
}

#[test]
fn the_daemon_carries_decisions_out() {
    let town = Town::new(FINDABLE);
    let mut service = Service::start(&town.workspace);
    let id = town.ids().remove(0);
    let title = titles(&town.workspace.published().stories("news"))[0].to_owned();
    let (said, _) = town.stories(&["withdraw", &id, "--reason", "a mistake"]);
    assert!(said.ends_with(&format!("{id} is withdrawn\n")), "{said}");
    let log = service.logs("decided to withdraw the story");
    for words in ["uid ", &title, ": a mistake"] {
        assert!(log.contains(words), "{log}");
    }
    service.get_until("/news.json", |reply| {
        reply
            .text()
            .contains("\"reason\": \"withdrawn: a mistake\"")
    });
    assert!(!service.get("/news.atom").text().contains(&title));
    let (_, refused) = town.stories(&["withdraw", &id, "--reason", "a mistake"]);
    assert!(refused.contains("is withdrawn"), "{refused}");
    town.stories(&["restore", &id]);
    service.logs("decided to restore the story");
    service.get_until("/news.json", |reply| {
        reply.text().contains(&title) && !reply.text().contains("withdrawn: a mistake")
    });
    assert!(!service.get("/news.atom").text().contains("deleted-entry"));
    service.stop();
}

#[test]
fn a_decision_is_shown_before_it_is_made_and_recorded_after() {
    let town = Town::new("");
    let (before, files) = (town.ids(), town.workspace.published().files());
    let title = titles(&town.workspace.published().stories("news"))[0].to_owned();
    let withdraw = ["withdraw", &before[0], "--reason", "wrong"];
    let (said, _) = town.stories(&[&withdraw[..], &["--dry-run"]].concat());
    for words in [
        &title,
        "[harbour]",
        "[office]",
        "is in news",
        "nothing was changed",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (json, _) = town.stories(&[&["--json"], &withdraw[..], &["--dry-run"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json[0]["title"], &json[1]["source"]),
        (&title.as_str().into(), &"office".into())
    );
    town.workspace
        .published()
        .files()
        .are_untouched_since(&files);
    let (none, _) = town.stories(&["list"]);
    assert_eq!(none, "nothing has been decided by hand\n");
    town.stories(&withdraw);
    let (_, refused) = town.stories(&["restore", &before[1]]);
    assert!(refused.contains("is not withdrawn"), "{refused}");
    let (said, _) = town.stories(&["restore", &before[0], "--reason", "it was right"]);
    assert!(
        said.contains("was withdrawn on ") && said.contains(": wrong"),
        "{said}"
    );
    assert_eq!(town.ids(), before);
    let (listed, _) = town.stories(&["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].contains("restore") && lines[0].contains(&title) && lines[0].contains("uid "));
    assert_eq!(lines[2], "  because: it was right");
    assert!(lines[3].contains("withdraw"), "{listed}");
    let (json, _) = town.stories(&["--json", "list", "--limit", "1"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(
        (&json[0]["action"], &json[0]["story"]),
        (&"restore".into(), &before[0].as_str().into())
    );
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let town = Town::new("");
    let before = town.ids();
    let withdraw = ["stories", "withdraw", &before[0], "--reason", "wrong"];
    let told = town.workspace.run_at_terminal(&withdraw, "no\n");
    assert_eq!(told.status, Some(1), "{told:?}");
    assert!(told.stderr.contains("withdraw this? [y/N]"), "{told:?}");
    assert!(told.stderr.contains("nothing was changed"), "{told:?}");
    assert_eq!(town.ids(), before);
    let told = town.workspace.run_at_terminal(&withdraw, "y\n");
    assert_eq!(told.status, Some(0), "{told:?}");
    assert_eq!(town.ids(), before[1..]);
}

#[test]
fn an_item_is_explained_from_its_source_to_its_feeds() {
    let town = Town::new("");
    let id = town.ids().remove(0);
    let told = town.workspace.run(&["explain", "item", &id]).done().stdout;
    for words in [
        "source    harbour (",
        "source    office (",
        "stated by its publisher",
        &format!("Its story {id}"),
        "founded it, shown, this one",
        "news since ",
        "they share a",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let json = town.workspace.run(&["explain", "item", &id, "--json"]);
    let json = json.done().json();
    let [founder, report] = [0, 1].map(|at: usize| &json[at]);
    assert_eq!(founder["joined"], serde_json::Value::Null);
    assert_eq!(report["joined"]["item"], founder["item"]);
    assert_eq!(report["joined"]["by"], "address");
    town.stories(&["split", &id]);
    let json = town.workspace.run(&["explain", "item", &id, "--json"]);
    let json = json.done().json();
    let account = &json.as_array().unwrap()[0];
    assert_eq!(account["decisions"][0]["verdict"], "apart");
    assert_eq!(account["reports"].as_array().unwrap().len(), 1);
    let nobody = town.workspace.run(&["explain", "item", "nothing"]);
    assert!(
        nobody
            .stderr
            .contains("nothing has the id or address `nothing`")
    );
}
