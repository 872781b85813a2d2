//! A mistake in the configuration is not an outage: the configuration in force stays, and commands answer from it.

use serde_json::json;

use crate::support::{
    FINDABLE, NEWS, Ran, Server, Service, Workspace, day, notices, rss, source, titles,
};

/// Stores and publishes three notices of one source.
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

/// A mistake on the second line of the configured text, line 14 of the file.
const MISTAKE: &str = "[site]\ntitel = \"Bulletins\"\n";

fn break_it(workspace: &Workspace, text: &str) {
    workspace.configure(&format!("{MISTAKE}{text}"));
}

/// Checks that a run succeeded and warned of the mistake on stderr. Returns its stdout.
#[track_caller]
fn warned(ran: Ran) -> String {
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(
        ran.stderr
            .contains("this answer is based on the one in force since"),
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
    assert!(run(&["stories", "list"]).contains("nothing has been decided by hand"));
    assert!(run(&["explain", "item", &story]).contains("harbour"));
    run(&["explain", "topics", "Pier"]);
    assert!(run(&["preview", "harbour"]).contains("3 items"));
    run(&["sources", "release", "harbour", "--dry-run"]);
    run(&["stories", "withdraw", &story, "--reason", "taken back"]);
    assert_eq!(workspace.published().stories("news").len(), 2);
    for strict in [&["check"][..], &["plan"]] {
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
    // The daemon still refuses the file, and accepts it when it is corrected.
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
    for command in ["run", "once", "status"] {
        let ran = workspace.run(&[command]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("unknown key `titel`"), "{ran:?}");
    }
    assert!(!workspace.path("var").exists());
}

/// However broken the file, the store is found: by its text, or at its usual path.
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

/// The store next to a file belongs to no other file.
#[test]
fn a_store_of_another_configuration_is_left_alone() {
    let (_server, workspace, text) = stored("");
    workspace.write("config/other.toml", format!("titel = 1\n{text}"));
    let ran = workspace.run(&["-c", "config/other.toml", "status"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
}

/// Included files are kept with the main one, and are read under their paths.
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

/// The kept texts refer to secrets and contain none.
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

const LOGIN: &str = "reader:s3cret@";

/// Configures two sources, one of them with a password and a key in its address.
fn with_secrets(server: &Server, frame: &str) -> String {
    server.serve("/open", rss(&notices(0..2, day(0))));
    server.serve("/sealed", rss(&notices(2..3, day(0))));
    let sealed = server.url("/sealed?token=s3cret");
    let sealed = sealed.replace("http://", &format!("http://{LOGIN}"));
    let (open, sealed) = (
        source("open", &server.url("/open")),
        source("sealed", &sealed),
    );
    format!(
        "{frame}{NEWS}# was {sealed_url}\n{open}{sealed}",
        sealed_url = "https://ana:s3cret@old.example/"
    )
}

/// Credentials in addresses are not kept; a start reads them from the files, as far as these can be parsed.
#[test]
fn a_start_takes_secrets_from_the_broken_files() {
    let server = Server::start();
    let workspace = Workspace::new(&with_secrets(&server, ""));
    workspace.poll(day(0));
    let kept = rusqlite_text(&workspace, "SELECT group_concat(text) FROM kept_file");
    assert!(!kept.contains("s3cret"), "{kept}");
    let since = rusqlite_text(
        &workspace,
        "SELECT value FROM fact WHERE name = 'configuration_since'",
    );
    break_it(&workspace, &with_secrets(&server, ""));
    let before = server.requests().len();
    let now = day(1).to_rfc3339();
    warned(workspace.run(&["once", "--all", "--now", &now]));
    assert_eq!(server.requests().len(), before + 2);
    let asked = server
        .requests()
        .into_iter()
        .find(|asked| asked.target == "/sealed?token=s3cret");
    assert!(asked.unwrap().header("authorization").is_some());
    assert_eq!(workspace.status("sealed")["state"], "ok");
    let again = rusqlite_text(
        &workspace,
        "SELECT value FROM fact WHERE name = 'configuration_since'",
    );
    assert_eq!(since, again, "the same configuration is in force");
}

/// A source whose secret is nowhere to be found costs itself only.
#[test]
fn a_secret_that_is_nowhere_any_more_costs_its_source_alone() {
    let server = Server::start();
    let text = with_secrets(&server, FINDABLE);
    let workspace = Workspace::new(&text);
    workspace.poll(day(0));
    let before = server.requests().len();
    workspace.write("config/tidings.toml", "titel = 1\n");
    let ran = workspace.run(&["once", "--all", "--now", &day(1).to_rfc3339()]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(server.requests().len(), before + 1);
    assert_eq!(workspace.status("open")["state"], "ok");
    let status = workspace.status("sealed");
    assert_eq!(status["problem"]["code"], "secret");
    let problem = status["problem"].to_string();
    for told in [
        "kept without secrets",
        "config/tidings.toml",
        "tidings check",
        "tidings reload",
    ] {
        assert!(problem.contains(told), "{problem}");
    }
    assert_eq!(workspace.published().stories("news").len(), 3);
    // The published feeds do not show that the secret is gone, and it comes back with the file.
    workspace.configure(&text);
    let plan = workspace.run(&["plan"]).done();
    assert!(plan.stdout.contains("nothing changes"), "{plan:?}");
    workspace
        .run(&["once", "--all", "--now", &day(2).to_rfc3339()])
        .done();
    assert_eq!(workspace.status("sealed")["state"], "ok");
}

/// Another password is a change that is reported, but not shown.
#[test]
fn a_changed_secret_is_a_change() {
    let server = Server::start();
    let text = with_secrets(&server, "");
    let workspace = Workspace::new(&text);
    workspace.poll(day(0));
    workspace.configure(&text.replace(LOGIN, "reader:0ther@"));
    let plan = workspace.run(&["plan"]).done();
    assert!(
        plan.stdout.contains("url: another value than before"),
        "{plan:?}"
    );
    for secret in ["s3cret", "0ther"] {
        assert!(!plan.stdout.contains(secret), "{plan:?}");
    }
}

/// `once` continues with the configuration last in force, as `run` does.
#[test]
fn once_polls_on_what_was_in_force() {
    let (server, workspace, text) = stored("");
    break_it(&workspace, &text);
    server.serve("/harbour", rss(&notices(0..5, day(0))));
    let now = day(1).to_rfc3339();
    warned(workspace.run(&["once", "--now", &now]));
    assert_eq!(workspace.published().stories("news").len(), 5);
    let answer = workspace.run(&["once", "--json", "--now", &now]).json();
    assert!(
        answer["refused"][0].as_str().unwrap().contains("`titel`"),
        "{answer}"
    );
    let strict = workspace.run(&["once", "--all", "--strict", "--now", &now]);
    assert_eq!(strict.status, Some(2), "{strict:?}");
    assert!(
        strict.stderr.contains("the one last in force was used"),
        "{strict:?}"
    );
    workspace.configure(&text);
    let answer = workspace
        .run(&["once", "--strict", "--json", "--now", &now])
        .done()
        .json();
    assert_eq!(answer.get("refused"), None);
}

/// A configuration that is too large to be kept gets a warning.
#[test]
fn what_is_not_kept_is_warned_of() {
    let server = Server::start();
    server.serve("/harbour", rss(&notices(0..1, day(0))));
    let workspace = Workspace::new("");
    let block = source("harbour", &server.url("/harbour"));
    let main = crate::support::read_text(&workspace.path("config/tidings.toml"));
    let configure = |files: usize| {
        let main = format!("include = [\"large/*.toml\"]\n{main}{NEWS}{block}");
        workspace.write("config/tidings.toml", main);
        let comment = format!("#{}\n", "-".repeat(1_000)).repeat(4_100);
        for file in 0..files {
            workspace.write(&format!("config/large/{file}.toml"), &comment);
        }
    };
    configure(4);
    workspace.run(&["once"]).well();
    configure(5);
    for command in ["check", "once"] {
        let ran = workspace.run(&[command]).done();
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            told.contains("config/tidings.toml:1:1: warning: all files together have"),
            "{command}: {told}"
        );
    }
}

/// Texts that an older version kept with their secrets are removed.
#[test]
fn an_older_store_loses_the_secrets_that_it_kept() {
    let server = Server::start();
    let text = with_secrets(&server, "");
    let workspace = Workspace::new(&text);
    workspace.poll(day(0));
    let path = workspace.path("var/tidings.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("UPDATE kept_file SET text = ?", [&text])
        .unwrap();
    connection.execute("DROP TABLE token_due", []).unwrap();
    connection.pragma_update(None, "user_version", 17).unwrap();
    drop(connection);
    break_it(&workspace, &text);
    warned(workspace.run(&["once", "--now", &day(1).to_rfc3339()]));
    let kept = rusqlite_text(&workspace, "SELECT group_concat(text) FROM kept_file");
    assert!(
        kept.contains("not_kept") && !kept.contains("s3cret"),
        "{kept}"
    );
    let bytes = crate::support::read(&path);
    assert!(!bytes.windows(6).any(|window| window == b"s3cret"));
}

fn rusqlite_text(workspace: &Workspace, sql: &str) -> String {
    let connection = rusqlite::Connection::open(workspace.path("var/tidings.db")).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}
