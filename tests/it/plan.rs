//! The effects of a changed configuration are shown before they happen, and need consent if they would startle
//! readers.

use serde_json::{Value, json};

use crate::support::{
    FINDABLE, NEWS, Notice, Server, Service, Workspace, day, notice, notices, rss, source, titles,
};

/// Returns the topic `piers` with these keys.
fn piers(keys: &str) -> String {
    format!("[[topic]]\nid = \"piers\"\ntitle = \"Piers\"\n{keys}\n")
}

/// Stores and publishes notices of the last days, and returns the configuration without `piers`.
fn stored(numbers: std::ops::Range<usize>, topics: &str) -> (Server, Workspace, String) {
    let server = Server::start();
    server.serve("/", rss(&notices(numbers, day(0))));
    let rest = format!("{NEWS}{}", source("harbour", &server.url("/")));
    let workspace = Workspace::new(&format!("{FINDABLE}{topics}{rest}"));
    workspace.poll(day(0));
    (server, workspace, rest)
}

fn plan(workspace: &Workspace) -> Value {
    let now = day(0).to_rfc3339();
    workspace
        .run(&["plan", "--json", "--now", &now])
        .well()
        .json()
}

fn feed<'a>(plan: &'a Value, name: &str) -> &'a Value {
    let feeds = plan["feeds"].as_array().expect("feeds");
    feeds
        .iter()
        .find(|feed| feed["feed"] == name)
        .expect("the feed")
}

#[test]
fn a_plan_says_what_a_run_then_does() {
    let (_server, workspace, rest) = stored(1..6, &piers("any = ['\"pier 2\" OR \"pier 4\"']"));
    assert_eq!(plan(&workspace)["changes"], false);
    let now = day(0).to_rfc3339();
    let same = ["plan", "--exit-code", "--now", &now];
    let said = workspace.run(&same).well();
    assert!(
        said.stdout.starts_with("nothing changes"),
        "{}",
        said.stdout
    );

    workspace.configure(&format!(
        "{FINDABLE}{}{rest}",
        piers("any = ['\"pier 4\" OR \"pier 5\" OR \"pier 3\"']")
    ));
    let plan = plan(&workspace);
    let piers = feed(&plan, "piers");
    assert_eq!(piers["change"], "changes");
    assert_eq!(piers["before"], json!({"stories": 2, "live": 2}));
    assert_eq!(piers["after"], json!({"stories": 3, "live": 3}));
    assert_eq!(piers["enter"], json!({"live": 2, "new": 2, "quiet": 0}));
    assert_eq!(piers["leave"], 1);
    assert_eq!(piers["leaving"][0]["title"], notice(2, day(0)).title);
    assert_eq!(
        piers["queries"]["gone"],
        json!(["any (\"pier 2\" OR \"pier 4\")"])
    );
    assert_eq!(plan["feeds"].as_array().expect("feeds").len(), 1);

    let before = workspace.published().files();
    let told = workspace.run(&same);
    assert_eq!(told.status, Some(3), "{}", told.stderr);
    assert_eq!(told.stderr, "");
    for line in [
        "piers  holds 2, then 3",
        "  1 story leaves",
        "  2 stories enter live",
    ] {
        assert!(told.stdout.contains(line), "{line} in {}", told.stdout);
    }
    workspace.published().files().are_untouched_since(&before);

    workspace.run(&["once", "--now", &now]).well();
    let held = workspace.published().stories("piers");
    assert_eq!(
        titles(&held),
        [3, 4, 5].map(|number| notice(number, day(0)).title)
    );
    workspace
        .run(&["plan", "--exit-code", "--now", &now])
        .well();
}

#[test]
fn a_plan_tells_feeds_that_appear_vanish_and_would_be_empty() {
    let (_server, workspace, rest) = stored(1..4, &piers("any = ['\"pier 2\"']"));
    let floods = "[[topic]]\nid = \"floods\"\ntitle = \"Floods\"\nany = ['flood']\n";
    workspace.configure(&format!("{FINDABLE}{floods}{rest}"));
    let plan_of = plan(&workspace);
    assert_eq!(feed(&plan_of, "floods")["change"], "appears");
    assert_eq!(feed(&plan_of, "floods")["empty"], true);
    assert_eq!(feed(&plan_of, "piers")["change"], "vanishes");
    let refused = plan_of["refused"].as_array().expect("reasons");
    let why = "the feed `piers` would vanish with its only story: `former = [\"piers\"]`";
    assert!(
        refused[0].as_str().expect("a line").starts_with(why),
        "{refused:?}"
    );
    workspace.configure(&format!("{FINDABLE}{}{rest}", piers("any = ['nowhere']")));
    let plan_of = plan(&workspace);
    assert_eq!(feed(&plan_of, "piers")["empty"], true);
    assert_eq!(
        plan_of["refused"],
        json!(["the feed `piers` would be empty: its only story leaves"])
    );
}

#[test]
fn a_plan_of_nothing_stored_makes_no_store() {
    let server = Server::start();
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    let plan = plan(&workspace);
    assert_eq!(feed(&plan, "news")["change"], "appears");
    assert!(!workspace.path("var").exists());
}

#[test]
fn a_reload_that_empties_a_feed_is_refused_until_somebody_says_yes() {
    let (_server, workspace, rest) = stored(1..6, &piers("any = ['\"pier 2\"']"));
    let mut service = Service::start(&workspace);
    let before = service.get("/piers.atom");
    workspace.configure(&format!("{FINDABLE}{}{rest}", piers("any = ['nowhere']")));
    let refused = workspace.run(&["reload"]);
    let why = "the feed `piers` would be empty";
    assert!(refused.stdout.contains(why), "{}", refused.stdout);
    assert_eq!(
        refused.complaint(1),
        "tidings: refused: the previous configuration stays in force"
    );
    assert_eq!(service.get("/piers.atom").body, before.body);
    assert!(service.ask_admin("/status.json").text().contains(why));
    // A signal does not give consent either.
    service.signal("HUP");
    service.logs(why);
    let done = workspace.run(&["reload", "--yes"]).well();
    assert!(
        done.stdout
            .contains("feed piers: 0 enter live, 0 quietly, 1 leave"),
        "{}",
        done.stdout
    );
    service.get_until("/piers.atom", |reply| !reply.text().contains("<entry>"));
    assert!(service.ask_admin("/status.json").json()["refused"] == json!([]));
}

#[test]
fn a_reload_that_rings_too_often_is_refused_until_somebody_says_yes() {
    let (_server, workspace, rest) = stored(1..40, &piers("any = ['\"pier 2\"']"));
    // Subscribers to `piers` would see 21 new stories at once.
    let wide: Vec<String> = (3..24).map(|number| format!("\"pier {number}\"")).collect();
    let wide = piers(&format!("any = ['\"pier 2\" OR {}']", wide.join(" OR ")));
    workspace.configure(&format!("{FINDABLE}{wide}{rest}"));
    assert_eq!(
        plan(&workspace)["refused"],
        json!(["the live feed `piers` would get 21 new stories at once, more than 20"])
    );
    // A month later they are old news, and enter quietly.
    let later = day(30).to_rfc3339();
    let plan = workspace
        .run(&["plan", "--json", "--now", &later])
        .well()
        .json();
    assert_eq!(
        feed(&plan, "piers")["enter"],
        json!({"live": 0, "new": 0, "quiet": 21})
    );
    assert_eq!(plan["refused"], json!([]));
}

#[test]
fn check_warns_of_topics_that_take_everything_or_nothing() {
    let (_server, workspace, rest) = stored(1..6, "");
    let named: Vec<Notice> = notices(1..6, day(0));
    assert_eq!(named.len(), 5);
    let topics = "[[topic]]\nid = \"wide\"\nany = ['notice OR pier']\n[[topic]]\nid = \"none\"\nany = ['nowhere']\n\
                  [[topic]]\nid = \"some\"\nany = ['\"pier 2\"']\n";
    workspace.configure(&format!("{FINDABLE}{topics}{rest}"));
    let checked = workspace.run(&["check", "--json"]).well().json();
    let warnings = checked["warnings"].as_array().expect("warnings");
    let told: Vec<&str> = warnings
        .iter()
        .filter_map(|warning| warning["message"].as_str())
        .collect();
    let about = |words: &str| {
        told.iter()
            .filter(|message| message.contains(words))
            .count()
    };
    assert_eq!(
        about("`wide` matches all of the 5 stored stories"),
        1,
        "{told:?}"
    );
    assert_eq!(
        about("`none` matches none of the 5 stored stories"),
        1,
        "{told:?}"
    );
    assert_eq!(about("`some`"), 0, "{told:?}");
}

#[test]
fn a_plan_names_what_changes_beside_feeds() {
    let (server, workspace, rest) = stored(1..4, "");
    let changed = rest
        .replace("every = \"1h\"", "every = \"30m\"")
        .replace(
            &server.url("/"),
            &format!("{}?token=s3cret", server.url("/")),
        )
        .replace("kind = \"feed\"\n", "");
    let fetch =
        "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\ntimeout = \"20s\"\n";
    let listen = FINDABLE.replace("127.0.0.1:0", "127.0.0.2:0");
    workspace.configure(&format!("{fetch}{listen}{changed}"));
    let told = workspace.run(&["plan", "--exit-code"]);
    assert_eq!(told.status, Some(3), "{told:?}");
    let url = server.url("/");
    let expected = format!(
        "[fetch] timeout: 10s -> 20s\n\
         [server] listen: [\"127.0.0.1:0\"] -> [\"127.0.0.2:0\"]  (needs a restart)\n\
         source harbour: changed\n  every: 1h -> 30m\n  kind: feed -> (not set)\n  url: {url} -> {url}?token=hidden\n"
    );
    assert_eq!(told.stdout, expected);
    let plan = self::plan(&workspace);
    assert_eq!(plan["changes"], true);
    assert_eq!(plan["sources"]["changed"], json!(["harbour"]));
    let expected = json!({"of": "section", "name": "server", "key": "listen",
        "before": "[\"127.0.0.1:0\"]", "after": "[\"127.0.0.2:0\"]", "takes_restart": true});
    let settings = plan["settings"].as_array().expect("settings");
    assert!(settings.contains(&expected), "{settings:?}");
    assert!(!plan.to_string().contains("s3cret"), "{plan}");
    workspace.poll(day(0));
    assert_eq!(self::plan(&workspace)["changes"], false);
}
