//! A source that was removed from the files keeps its stories in the feeds until an operator removes them.

use serde_json::json;

use crate::support::{
    FINDABLE, NEWS, Server, Service, Workspace, day, notice, notices, rss, source, titles,
};

const FETCH: &str =
    "[fetch]\nconcurrency = 1\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\n";

/// `harbour` publishes notices 0 to 3, `office` 2 to 5; then `harbour` is removed.
struct Town {
    _server: Server,
    workspace: Workspace,
    /// With both, and without `harbour`.
    texts: [String; 2],
}

impl Town {
    fn new() -> Self {
        let server = Server::start();
        server.serve("/harbour", rss(&notices(0..4, day(0))));
        server.serve("/office", rss(&notices(2..6, day(0))));
        let block = |id: &str| source(id, &server.url(&format!("/{id}")));
        let frame = format!("{FETCH}{FINDABLE}{NEWS}");
        let both = format!("{frame}{}{}", block("harbour"), block("office"));
        let one = format!("{frame}{}", block("office"));
        let workspace = Workspace::new(&both);
        workspace.poll(day(0));
        Self {
            _server: server,
            workspace,
            texts: [both, one],
        }
    }

    /// Removes `harbour`, and puts that in force with a run of `once`.
    fn gone() -> Self {
        let town = Self::new();
        town.workspace.configure(&town.texts[1]);
        town.workspace.poll(day(0));
        town
    }

    fn titles(&self) -> Vec<String> {
        let stories = self.workspace.published().stories("news");
        let mut titles: Vec<String> = titles(&stories).into_iter().map(str::to_owned).collect();
        titles.sort_unstable();
        titles
    }
}

fn expected(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| notice(number, day(0)).title).collect()
}

#[test]
fn a_source_that_is_gone_is_listed_until_it_is_forgotten() {
    let town = Town::gone();
    assert_eq!(town.titles().len(), 6);
    let status = town.workspace.status("harbour");
    assert_eq!(status["state"], "gone");
    assert_eq!(status["problem"]["code"], "gone-from-files");
    let text = status["problem"]["text"].as_str().unwrap();
    assert!(text.starts_with("removed from the files"), "{text}");
    assert_eq!(status["next_poll"], json!(null));
    let action = "`tidings sources forget harbour`";
    let table = town.workspace.run(&["status"]).well().stdout;
    assert!(
        table.contains(action) && table.contains("removed from the files"),
        "{table}"
    );
    let list = town.workspace.run(&["sources", "list"]).well().stdout;
    assert!(list.contains("removed from the files"), "{list}");
    let list = town
        .workspace
        .run(&["sources", "list", "--json"])
        .well()
        .json();
    assert_eq!(list["sources"][1]["id"], "harbour");
    assert_eq!(list["sources"][1]["state"], "gone");

    town.workspace
        .run(&["sources", "forget", "harbour", "--yes"])
        .well();
    let answer = town.workspace.run(&["status", "--json"]).well().json();
    assert_eq!(answer["sources"].as_array().unwrap().len(), 1);
}

#[test]
fn its_stories_leave_and_those_of_others_stay() {
    let town = Town::gone();
    let run = |more: &[&str]| {
        let arguments = [&["sources", "forget", "harbour"], more].concat();
        town.workspace.run(&arguments)
    };
    let shown = run(&["--dry-run"]).well().stdout;
    for number in 0..4 {
        assert!(shown.contains(&notice(number, day(0)).title), "{shown}");
    }
    assert_eq!(
        shown.matches("another source reports it").count(),
        2,
        "{shown}"
    );
    assert!(shown.ends_with("nothing was changed\n"));
    // Without a terminal there is nobody to ask.
    let asked = run(&[]);
    let complaint = "tidings: 2 stories of harbour would leave the feeds: run `tidings sources forget harbour --yes` to remove them without asking";
    assert_eq!(asked.complaint(1), complaint);
    assert_eq!(town.titles().len(), 6);

    let done = run(&["--yes"]).well().stdout;
    let told = "harbour is forgotten: 2 stories are removed from the feeds; 2 stories stay with the reports of other sources\n";
    assert!(done.ends_with(told), "{done}");
    assert_eq!(town.titles(), expected(2..6));
    let stories = town.workspace.published().stories("news");
    let feed = town.workspace.published().text("news.json");
    assert!(!feed.contains("\"harbour\""), "{feed}");
    assert_eq!(stories.len(), 4);
    let again = run(&["--yes"]);
    assert_eq!(
        again.complaint(2),
        "tidings: the source `harbour` is forgotten already"
    );
    let rulings = town
        .workspace
        .run(&["stories", "--json", "list"])
        .well()
        .json();
    assert_eq!(rulings[0]["action"], "forget");
    assert_eq!(rulings[0]["items"], 4);
    // A poll brings nothing back.
    town.workspace.poll(day(1));
    assert_eq!(town.titles(), expected(2..6));
}

#[test]
fn a_source_that_comes_back_has_its_stories_again() {
    let town = Town::gone();
    town.workspace
        .run(&["sources", "forget", "harbour", "--yes"])
        .well();
    town.workspace.configure(&town.texts[0]);
    let plan = town.workspace.run(&["plan"]).well().stdout;
    assert!(plan.contains("source harbour: comes back"), "{plan}");
    town.workspace.poll(day(0));
    assert_eq!(town.titles(), expected(0..6));
}

#[test]
fn only_what_is_gone_is_forgotten() {
    let town = Town::new();
    let forget = |id: &str| town.workspace.run(&["sources", "forget", id, "--yes"]);
    let refused = forget("harbour");
    assert!(
        refused
            .complaint(2)
            .contains("is configured at config/tidings.toml:")
    );
    let unknown = forget("nowhere");
    assert_eq!(
        unknown.complaint(2),
        "tidings: there never was a source `nowhere`"
    );
    assert_eq!(town.titles().len(), 6);
}

#[test]
fn the_daemon_does_it_where_one_runs() {
    let town = Town::new();
    let mut service = Service::start(&town.workspace);
    town.workspace.configure(&town.texts[1]);
    // Files that have not been reloaded are not in force yet.
    let early = town
        .workspace
        .run(&["sources", "forget", "harbour", "--yes"]);
    assert!(early.complaint(2).contains("`tidings reload`"), "{early:?}");
    town.workspace.run(&["reload", "--yes"]).well();
    let answer = service.ask_admin("/status.json").json();
    assert_eq!(answer["sources"][1]["problem"]["code"], "gone-from-files");
    town.workspace
        .run(&["sources", "forget", "harbour", "--yes"])
        .well();
    service.logs("had the stories of harbour taken out");
    service.get_until("/news.atom", |reply| {
        reply.text().matches("<entry>").count() == 4
    });
    service.stop();
}
