//! A changed configuration, put in force or refused while the daemon runs.

use std::fs;
use std::io::{self, Write as _};

use serde_json::json;

use crate::support::{
    ANYWHERE, FINDABLE, NEWS, Server, Service, Systemd, Workspace, day, notices, rss, source,
};

/// Serves two sources on one server.
fn server() -> Server {
    let server = Server::start();
    server.serve("/old", rss(&notices(0..2, day(0))));
    server.serve("/new", rss(&notices(2..7, day(0))));
    server
}

/// A change that needs a restart is reported until the restart.
#[test]
fn a_restart_stays_due_until_it_comes() {
    let server = server();
    let [before, _] = configurations(&server);
    let workspace = Workspace::new(&before);
    let service = start(&workspace);
    let due = |service: &Service| service.ask_admin("/status.json").json()["restart_due"].clone();
    assert_eq!(due(&service), json!([]));
    let moved = before.replacen("127.0.0.1:0", "127.0.0.2:0", 1);
    workspace.configure(&moved);
    workspace.run(&["reload"]).done();
    let line = "a restart is due for [server] listen";
    for text in [moved.clone(), format!("{moved}# another line\n")] {
        workspace.configure(&text);
        let ran = workspace.run(&["reload"]).done();
        assert!(ran.stdout.contains(line), "{ran:?}");
        assert_eq!(due(&service), json!(["[server] listen"]));
        let told = workspace.run(&["status", "--json"]).done().json();
        assert_eq!(told["restart_due"], json!(["[server] listen"]));
        let told = workspace.run(&["status"]).done();
        assert!(told.stdout.contains(line), "{told:?}");
        assert!(
            service
                .ask_admin("/status")
                .text()
                .contains("A restart is due")
        );
    }
    // A setting with its value from the start needs none.
    workspace.configure(&before);
    let ran = workspace.run(&["reload"]).done();
    assert!(!ran.stdout.contains("a restart is due"), "{ran:?}");
    assert_eq!(due(&service), json!([]));
    workspace.configure(&moved);
    workspace.run(&["reload"]).done();
    service.stop();
    let service = Service::start(&workspace);
    assert_eq!(due(&service), json!([]));
    service.stop();
}

/// Commands find the daemon at its address, even if the files have changed it.
#[test]
fn a_daemon_is_found_where_it_listens_still() {
    let server = server();
    let [before, _] = configurations(&server);
    let workspace = Workspace::new(&before);
    let service = start(&workspace);
    workspace.configure(&before.replace("unix:../admin.sock", "unix:../other.sock"));
    for _ in 0..2 {
        let ran = workspace.run(&["reload"]).done();
        assert!(
            ran.stdout.contains("a restart is due for [admin] listen"),
            "{ran:?}"
        );
    }
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(told["restart_due"], json!(["[admin] listen"]));
    service.stop();
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(told["restart_due"], json!([]));
}

/// A daemon that answers with an error counts as running.
#[test]
fn a_reload_tells_what_the_daemon_said() {
    let other = Server::start();
    other.route("/reload", |_| crate::support::Answer::status(503));
    let workspace = Workspace::new(&format!(
        "[admin]\nlisten = [\"127.0.0.1:{}\"]\n{NEWS}",
        other.port()
    ));
    let ran = workspace.run(&["reload"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("refused: it answered 503"), "{ran:?}");
    assert!(!ran.stderr.contains("no daemon answers"), "{ran:?}");
}

/// The capacity of a pipe on Linux.
const PIPE_BYTES: usize = 64 << 10;

const OTHER: &str = "[[topic]]\nid = \"other\"\ntitle = \"Other\"\n";

/// Returns the configuration before and after.
fn configurations(server: &Server) -> [String; 2] {
    let old = source("old", &server.url("/old"));
    let new = source("new", &server.url("/new")).replace("news", "other");
    [
        format!("{FINDABLE}{NEWS}{old}"),
        format!("{FINDABLE}{OTHER}{new}"),
    ]
}

fn entries(service: &Service, target: &str) -> usize {
    service.get(target).text().matches("<entry>").count()
}

/// Starts the service with two stories of `news`.
fn start(workspace: &Workspace) -> Service {
    let mut service = Service::start(workspace);
    service.get_until("/news.atom", |reply| {
        reply.text().matches("<entry>").count() == 2
    });
    service
}

#[test]
fn sources_and_topics_come_and_go_without_a_restart() {
    let server = server();
    let [before, after] = configurations(&server);
    let workspace = Workspace::new(&before);
    let mut service = start(&workspace);
    let moved = after.replace("127.0.0.1:0", "127.0.0.2:0");
    workspace.configure(&moved);
    // Removing stories from feeds needs consent, which a signal cannot give.
    service.signal("HUP");
    service.logs("the feed `news` would vanish with its 2 stories");
    workspace.run(&["reload", "--yes"]).done();
    for line in [
        "new source new",
        "source old is no longer configured",
        "new topic other",
        "topic news is no longer configured",
        "[server] listen: [\"127.0.0.1:0\"] -> [\"127.0.0.2:0\"]; that needs a restart",
        "in force: 1 sources, 1 topics",
    ] {
        service.logs(line);
    }
    service.get_until("/other.atom", |reply| {
        reply.text().matches("<entry>").count() == 5
    });
    for gone in ["/news.atom", "/news", "/news.json"] {
        service.get_until(gone, |reply| reply.status == 404);
    }
    let targets: Vec<String> = server
        .requests()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(targets, ["/old", "/new"]);

    // And back: nothing was lost, and no source is polled early.
    workspace.configure(&before);
    workspace.run(&["reload", "--yes"]).done();
    service.logs("in force: 1 sources, 1 topics");
    service.get_until("/news.atom", |reply| {
        reply.text().matches("<entry>").count() == 2
    });
    service.stop();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_broken_configuration_is_refused_and_the_old_one_stays() {
    let server = server();
    let [before, after] = configurations(&server);
    let workspace = Workspace::new(&before);
    let mut service = start(&workspace);
    let since = service.ask_admin("/status.json").json()["configured_at"].clone();
    workspace
        .configure(&after.replace("every = \"1h\"", "every = \"sometimes\"\ncolour = \"red\""));
    service.signal("HUP");
    service.logs("was refused, the one before it stays in force");
    let first = service.logs("config/tidings.toml:");
    assert!(first.contains("sometimes"), "{first}");
    service.logs("colour");

    let status = service.ask_admin("/status.json").json();
    let refused: Vec<&str> = status["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert!(
        refused.iter().any(|line| line.contains("`colour`")),
        "{refused:?}"
    );
    assert!(
        refused[0].starts_with("config/tidings.toml:"),
        "{refused:?}"
    );
    assert_eq!(status["configured_at"], since);
    assert_eq!(status["sources"][0]["id"], "old");
    assert!(service.ask_admin("/status").text().contains("`colour`"));
    assert_eq!(entries(&service, "/news.atom"), 2);

    workspace.configure(&before);
    service.signal("HUP");
    service.logs("in force: 1 sources, 1 topics");
    assert_eq!(
        service.ask_admin("/status.json").json()["refused"],
        json!([])
    );
    service.stop();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_command_says_what_came_of_it() {
    let server = server();
    let [before, after] = configurations(&server);
    let workspace = Workspace::new(&before);
    let complaint = workspace.run(&["reload"]);
    assert!(
        complaint
            .complaint(1)
            .contains("no daemon answers at unix:")
    );

    let service = start(&workspace);
    workspace.configure(&after);
    let ran = workspace.run(&["reload", "--yes"]).well();
    assert!(ran.stdout.contains("new source new\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("in force: 1 sources, 1 topics\n"),
        "{}",
        ran.stdout
    );
    let report = workspace.run(&["reload", "--json"]).well().json();
    assert_eq!(
        report,
        json!({"applied": true, "wants_consent": false, "lines": ["in force: 1 sources, 1 topics"]})
    );
    service.stop();
}

#[test]
fn the_command_says_why_it_was_refused() {
    let workspace = Workspace::with_samples();
    workspace.edit(
        "listen = [\"127.0.0.1:8080\"]",
        "listen = [\"127.0.0.1:0\"]",
    );
    workspace.edit(
        "listen = [\"127.0.0.1:8081\"]",
        "listen = [\"unix:../admin.sock\"]",
    );
    let service = Service::start(&workspace);
    workspace.write("config/sources/broken.toml", "[[source]]\nid = \"x\"\n");
    let ran = workspace.run(&["reload"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("config/sources/broken.toml:1:"), "{ran:?}");
    assert_eq!(service.get("/labour-migration.atom").status, 200);
    service.stop();
}

#[test]
fn a_signal_before_it_serves_is_obeyed_afterwards() {
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    // A full pipe blocks the daemon where it prints the addresses, before it reports that it is ready.
    let (said, mut full) = io::pipe().unwrap();
    full.write_all(&vec![b'\n'; PIPE_BYTES]).unwrap();
    let mut command = Service::command(&workspace);
    command.stdout(full);
    let systemd = Systemd::new(&workspace);
    systemd.listens_to(&mut command);
    let mut service = Service::spawn_unheard(command);
    service.logs("administrators are answered at");
    workspace.configure(&format!("{ANYWHERE}{NEWS}{OTHER}"));
    service.signal("HUP");
    assert!(systemd.heard().is_empty());
    service.listen(said);
    systemd.hears("READY=1");
    service.logs("new topic other");
    service.stop();
}

#[test]
fn a_file_that_is_renamed_into_place_is_read_by_itself() {
    let server = server();
    let [before, _] = configurations(&server);
    let configuration = [before.clone(), format!("{before}{OTHER}")]
        .map(|text| format!("{text}[daemon]\nwatch = true\n"));
    let workspace = Workspace::new(&configuration[0]);
    let mut service = start(&workspace);
    let original = workspace.path("config/tidings.toml");
    // Twice: the watch must survive the removal of the file that it knew.
    for (text, line) in [
        (&configuration[1], "new topic other"),
        (&configuration[0], "topic other is no longer configured"),
    ] {
        let other = Workspace::new(text);
        workspace.write("config/.tidings.toml.swp", "");
        fs::copy(
            other.path("config/tidings.toml"),
            workspace.path("config/tidings.toml~"),
        )
        .unwrap();
        fs::rename(workspace.path("config/tidings.toml~"), &original).unwrap();
        service.logs(line);
        service.logs("in force:");
    }
    service.stop();
}

#[test]
fn the_command_names_what_changed_source_by_source() {
    let server = server();
    let [before, _] = configurations(&server);
    let workspace = Workspace::new(&before);
    let service = start(&workspace);
    let faster = before.replace("every = \"1h\"", "every = \"30m\"");
    workspace.configure(&faster.replace("\"127.0.0.1:0\"", "\"127.0.0.2:0\""));
    let told = workspace.run(&["reload"]).well().stdout;
    assert_eq!(
        told,
        "[server] listen: [\"127.0.0.1:0\"] -> [\"127.0.0.2:0\"]; that needs a restart\n\
         source old: every: 1h -> 30m\nin force: 1 sources, 1 topics\n\
         a restart is due for [server] listen\n"
    );
    service.stop();
}

/// The daemon listens at its first address, even if the files have changed it.
#[test]
fn a_daemon_is_found_where_it_was_told_to_listen() {
    let server = server();
    let [before, _] = configurations(&server);
    let workspace = Workspace::new(&before);
    let service = start(&workspace);
    workspace.configure(&before.replace("../admin.sock", "../other.sock"));
    let told = workspace.run(&["reload"]).well().stdout;
    assert!(told.contains("[admin] listen: "), "{told}");
    service.stop();
}
