//! A configuration with a mistake is no outage: what was in force goes on, and commands answer from it.

use serde_json::json;

use crate::support::{
    FINDABLE, NEWS, Ran, Server, Service, Workspace, day, notices, rss, source, titles,
};

/// Three notices of one source, stored and published.
fn stored(frame: &str) -> (Server, Workspace, String) {
    let server = Server::start();
    server.serve("/harbour", rss(&notices(0..3, day(0))));
    let text = format!(
        "{frame}{NEWS}{}",
        source("harbour", &server.url("/harbour"))
    );
    let workspace = Workspace::new(&text);
    workspace.poll(day(0));
    (server, workspace, text)
}

/// A mistake on the second line of what is configured, line 14 of the file.
const MISTAKE: &str = "[site]\ntitel = \"Bulletins\"\n";

fn break_it(workspace: &Workspace, text: &str) {
    workspace.configure(&format!("{MISTAKE}{text}"));
}

/// That it is done, and says on stderr where the mistake stands.
#[track_caller]
fn warned(ran: Ran) -> String {
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(
        ran.stderr.contains("this rests on the one in force since"),
        "{ran:?}"
    );
    let place = "config/tidings.toml:14:1: unknown key `titel`";
    assert!(ran.stderr.contains(place), "{ran:?}");
    ran.stdout
}

#[test]
fn commands_answer_whatever_the_files_say() {
    let (_server, workspace, text) = stored("");
    let story = workspace.published().stories("news")[0].id.clone();
    break_it(&workspace, &text);
    let run = |arguments: &[&str]| warned(workspace.run(arguments));
    assert!(run(&["status"]).contains("harbour"));
    assert!(run(&["sources", "list"]).contains("harbour"));
    assert!(run(&["stories", "list"]).contains("nothing was decided"));
    assert!(run(&["explain", "item", &story]).contains("harbour"));
    run(&["explain", "topics", "Pier"]);
    assert!(run(&["preview", "harbour"]).contains("3 items"));
    run(&["sources", "release", "harbour", "--dry-run"]);
    run(&["stories", "withdraw", &story, "--reason", "taken back"]);
    assert_eq!(workspace.published().stories("news").len(), 2);
    for strict in [&["check"][..], &["plan"], &["once"]] {
        assert_eq!(workspace.run(strict).status, Some(2), "{strict:?}");
    }
}

#[test]
fn status_tells_the_mistakes_with_the_answer() {
    let (_server, workspace, text) = stored("");
    break_it(&workspace, &text);
    let status = workspace.run(&["status"]);
    let place = "  config/tidings.toml:14:1: unknown key `titel`";
    assert!(status.stdout.contains(place), "{status:?}");
    let answer = workspace.run(&["status", "--json"]).json();
    assert_eq!(answer["sources"][0]["id"], "harbour");
    let line = answer["refused"][0].as_str().unwrap();
    assert!(line.starts_with(place.trim()), "{answer}");
    workspace.configure(&text);
    let answer = workspace.run(&["status", "--json"]).well().json();
    assert_eq!(answer.get("refused"), None);
}

#[test]
fn a_start_goes_on_with_what_was_in_force() {
    let (_server, workspace, text) = stored(FINDABLE);
    break_it(&workspace, &text);
    let mut service = Service::spawn(Service::command(&workspace));
    service.logs("the configuration has mistakes");
    service.logs("config/tidings.toml:14:1: unknown key `titel`");
    let mut service = service.until_served();
    assert_eq!(service.get("/news.atom").status, 200);
    let status = service.ask_admin("/status.json").json();
    assert!(
        status["refused"][0].as_str().unwrap().contains("`titel`"),
        "{status}"
    );
    assert_eq!(status["sources"][0]["id"], "harbour");
    assert!(service.ask_admin("/status").text().contains("`titel`"));
    // The daemon refuses it still, and takes it when it is mended.
    let refused = workspace.run(&["reload"]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stdout.contains("`titel`"), "{refused:?}");
    workspace.configure(&text);
    workspace.run(&["reload"]).well();
    service.logs("in force: 1 sources, 1 topics");
    let status = service.ask_admin("/status.json").json();
    assert_eq!(status["refused"], json!([]));
    service.stop();
}

#[test]
fn decisions_reach_the_daemon_beside_a_broken_file() {
    let (_server, workspace, text) = stored(FINDABLE);
    let mut service = Service::start(&workspace);
    let story = workspace.published().stories("news")[0].id.clone();
    break_it(&workspace, &text);
    warned(workspace.run(&["stories", "withdraw", &story, "--reason", "taken back"]));
    service.get_until("/news.atom", |reply| {
        reply.text().matches("<entry>").count() == 2
    });
    service.stop();
}

#[test]
fn where_none_was_ever_in_force_a_start_is_refused() {
    let server = Server::start();
    let workspace = Workspace::new("");
    break_it(&workspace, &source("harbour", &server.url("/")));
    for command in ["run", "status"] {
        let ran = workspace.run(&[command]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("unknown key `titel`"), "{ran:?}");
    }
    assert!(!workspace.path("var").exists());
}

/// Whatever is torn, the store is found: by the text, or by its usual place.
#[test]
fn the_store_is_found_though_the_file_is_torn() {
    let (_server, workspace, _) = stored("");
    for text in [
        "[store\nurl = \"sqlite:../var/tidings.db\"\n",
        "[store]\nurl = “sqlite:../var/tidings.db”\n",
        "[store]\nurl = \"sqlite:../var/tidings.db\n",
        "# sqlite:../var/tidings.db\n[[[",
        "",
        "\u{0}\u{1}",
    ] {
        workspace.write("config/tidings.toml", format!("x = 1\n{text}"));
        let ran = workspace.run(&["status"]);
        assert_eq!(ran.status, Some(0), "{text:?} {ran:?}");
        assert!(ran.stdout.contains("harbour"), "{text:?} {ran:?}");
    }
}

#[test]
fn a_store_elsewhere_is_named() {
    let (_server, workspace, text) = stored("");
    std::fs::rename(workspace.path("var"), workspace.path("elsewhere")).unwrap();
    break_it(&workspace, &text);
    assert_eq!(workspace.run(&["status"]).status, Some(2));
    let named = ["status", "--store", "elsewhere/tidings.db"];
    assert!(warned(workspace.run(&named)).contains("harbour"));
    let mut command = workspace.command(&["status"]);
    command.env("TIDINGS_STORE", "sqlite:elsewhere/tidings.db");
    assert!(command.output().unwrap().status.success());
}

/// The store beside a file is no other file's.
#[test]
fn a_store_of_another_configuration_is_left_alone() {
    let (_server, workspace, text) = stored("");
    workspace.write("config/other.toml", format!("titel = 1\n{text}"));
    let ran = workspace.run(&["-c", "config/other.toml", "status"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
}

/// Files that were included are kept with the main one, and are read by the paths that they had.
#[test]
fn included_files_are_kept_too() {
    let server = Server::start();
    server.serve("/harbour", rss(&notices(0..1, day(0))));
    let workspace = Workspace::new(NEWS);
    let main = crate::support::read_text(&workspace.path("config/tidings.toml"));
    let main = format!("include = [\"sources/*.toml\"]\n{main}");
    workspace.write("config/tidings.toml", &main);
    let block = source("harbour", &server.url("/harbour"));
    workspace.write("config/sources/a.toml", &block);
    workspace.poll(day(0));
    workspace.write("config/sources/a.toml", format!("{block}evry = \"1h\"\n"));
    workspace.write("config/sources/b.toml", "[[source]]\nid = \"new\"\n");
    let ran = workspace.run(&["status", "--json"]);
    assert!(ran.stderr.contains("config/sources/a.toml:"), "{ran:?}");
    assert!(ran.stderr.contains("config/sources/b.toml:"), "{ran:?}");
    let sources = ran.json()["sources"].as_array().unwrap().len();
    assert_eq!(sources, 1);
}

/// The texts that are kept refer to secrets and hold none.
#[test]
fn no_secret_is_kept() {
    let server = Server::start();
    server.serve("/s3cret", rss(&notices(0..1, day(0))));
    let block = source("harbour", "URL").replace("\"URL\"", "{ env = \"TIDINGS_TEST_FEED\" }");
    let workspace = Workspace::new(&format!("{NEWS}{block}"));
    let mut command = workspace.command(&["once"]);
    command.env("TIDINGS_TEST_FEED", server.url("/s3cret"));
    assert!(command.output().unwrap().status.success());
    let stories = workspace.published().stories("news");
    assert_eq!(titles(&stories).len(), 1);
    workspace.write("config/tidings.toml", "titel = 1\n");
    let status = workspace.run(&["status"]);
    assert_eq!(status.status, Some(0), "{status:?}");
    let table = "SELECT group_concat(text) FROM kept_file";
    let kept = rusqlite_text(&workspace, table);
    assert!(
        kept.contains("TIDINGS_TEST_FEED") && !kept.contains("s3cret"),
        "{kept}"
    );
}

fn rusqlite_text(workspace: &Workspace, sql: &str) -> String {
    let connection = rusqlite::Connection::open(workspace.path("var/tidings.db")).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}
