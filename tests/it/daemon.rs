//! `tidings run` from its start to its end: the responses to readers and administrators, and the ways to stop.

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::{Mutex, mpsc};

use crate::support::{
    ANYWHERE, Answer, FINDABLE, GUARD, NEWS, Reply, Server, Service, Systemd, Workspace, day, get,
    notices, request, rss, signal, skipped, source,
};

/// Serves the samples on free ports.
fn samples() -> Workspace {
    let workspace = Workspace::with_samples();
    workspace.listen_anywhere();
    workspace
}

/// Configures a source on `server`, and free ports for us.
fn one_source(server: &Server) -> Workspace {
    Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}",
        source("harbour", &server.url("/"))
    ))
}

fn has_entries(count: usize) -> impl Fn(&Reply) -> bool {
    move |reply| reply.text().matches("<entry>").count() == count
}

/// Polls and publishes the samples.
fn served_samples(workspace: &Workspace) -> Service {
    let mut service = Service::start(workspace);
    service.get_until("/labour-migration.atom", has_entries(10));
    service
}

#[test]
fn a_fresh_clone_serves_its_feeds_in_every_form() {
    let workspace = samples();
    let mut service = served_samples(&workspace);
    let address = format!("{}/labour-migration.atom", service.public());
    service.says(&address);
    for (target, content_type, begins) in [
        ("/", "text/html", "<!DOCTYPE html>"),
        ("/labour-migration", "text/html", "<!DOCTYPE html>"),
        ("/labour-migration.html", "text/html", "<!DOCTYPE html>"),
        ("/labour-migration.atom", "application/atom+xml", "<?xml"),
        ("/labour-migration.rss", "application/rss+xml", "<?xml"),
        ("/labour-migration.json", "application/feed+json", "{"),
        ("/index.opml", "text/x-opml", "<?xml"),
    ] {
        let reply = service.get(target);
        assert_eq!(reply.status, 200, "{target}");
        let wanted = format!("{content_type}; charset=utf-8");
        assert_eq!(reply.header("content-type"), wanted, "{target}");
        assert!(reply.text().starts_with(begins), "{target}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        let anywhere = if content_type == "text/html" { "" } else { "*" };
        assert_eq!(reply.header("access-control-allow-origin"), anywhere);
    }
    let page = service.get("/labour-migration");
    assert!(page.text().contains("href=\"style.css\""));
    assert_eq!(service.get("/style.css").status, 200);
    service.stop();
}

#[test]
fn a_reader_that_has_it_gets_it_no_second_time() {
    let workspace = samples();
    let service = served_samples(&workspace);
    let ask = |headers: &[(&str, &str)]| get(service.public(), "/labour-migration.atom", headers);
    let first = ask(&[]);
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    for headers in [[("If-None-Match", etag)], [("If-Modified-Since", modified)]] {
        let again = ask(&headers);
        assert_eq!((again.status, again.body.len()), (304, 0), "{headers:?}");
        assert_eq!(again.header("etag"), etag);
    }
    assert_eq!(ask(&[("If-None-Match", "\"another\"")]).status, 200);
    assert_eq!(
        ask(&[("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")]).status,
        200
    );

    let packed = ask(&[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("vary"), "accept-encoding");
    assert_eq!(packed.unpacked(), first.body);
    assert!(packed.body.len() < first.body.len());
    assert_ne!(packed.header("etag"), etag);
    assert_eq!(ask(&[("If-None-Match", packed.header("etag"))]).status, 304);

    let head = request(service.public(), "HEAD", "/labour-migration.atom", &[]);
    assert_eq!((head.status, head.header("etag")), (200, etag));
    assert_eq!(head.header("content-length"), first.body.len().to_string());
    service.stop();
}

#[test]
fn what_is_not_published_is_not_served() {
    let workspace = samples();
    workspace.write("feeds/notes.txt", "the operator's own");
    workspace.write("feeds/.hidden.html", "nobody's");
    let service = Service::start(&workspace);
    for target in [
        "/nothing.atom",
        "/notes.txt",
        "/.hidden.html",
        "/.hidden",
        "/.tmp/labour-migration.atom",
        "/../var/tidings.db",
        "/%2e%2e/config/tidings.toml",
        "//etc/passwd",
        "/status",
        "/status.json",
        "/healthz",
        "/metrics",
        "/reload",
    ] {
        let reply = service.get(target);
        assert_eq!(reply.status, 404, "{target}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = request(service.public(), method, "/labour-migration.atom", &[]);
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.header("allow"), "GET, HEAD");
    }
    service.stop();
}

#[test]
fn administrators_see_health_state_and_metrics() {
    let workspace = samples();
    let service = served_samples(&workspace);
    let health = service.ask_admin("/healthz");
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    let status = service.ask_admin("/status.json").json();
    let sources = status["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 3);
    assert_eq!(sources[0]["id"], "iom-mesocaribe-text");
    assert_eq!(status["refused"].as_array().map(Vec::len), Some(0));
    let page = service.ask_admin("/status");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for told in ["notices-es", "No source wants attention"] {
        assert!(page.text().contains(told), "{}", page.text());
    }
    let metrics = service.ask_admin("/metrics");
    let polls = "tidings_polls_total{outcome=\"ok\"} 3";
    assert!(metrics.text().contains(polls), "{}", metrics.text());
    for reply in [&page, &metrics, &health] {
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(service.ask_admin("/labour-migration.atom").status, 404);
    service.stop();
}

/// Sends the signal during a poll: the poll ends and is published, then the program ends.
#[track_caller]
fn check_end(signal: &str) {
    let server = Server::start();
    let (asked, asks) = mpsc::channel();
    let (go_on, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    server.route("/", move |_| {
        asked.send(()).unwrap();
        released.lock().unwrap().recv_timeout(GUARD).unwrap();
        Answer::ok(rss(&notices(0..3, day(0))))
    });
    let workspace = one_source(&server);
    let systemd = Systemd::new(&workspace);
    let mut command = Service::command(&workspace);
    systemd.listens_to(&mut command);
    let service = Service::spawn(command).until_served();
    asks.recv_timeout(GUARD).unwrap();
    service.signal(signal);
    systemd.hears("STOPPING=1");
    // It still serves the existing files.
    assert_eq!(service.get("/news.atom").status, 200);
    go_on.send(()).unwrap();
    let ran = service.finish().done();
    assert!(ran.stderr.ends_with("stopped"), "{}", ran.stderr);
    assert_eq!(workspace.published().stories("news").len(), 3);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_under_way_when_it_is_told_to_stop_is_published() {
    check_end("TERM");
    check_end("INT");
}

#[test]
fn what_was_accepted_before_the_stop_is_answered() {
    let workspace = samples();
    let systemd = Systemd::new(&workspace);
    let mut command = Service::command(&workspace);
    systemd.listens_to(&mut command);
    let mut service = Service::spawn(command).until_served();
    service.get_until("/labour-migration.atom", has_entries(10));
    let address = service.public().trim_start_matches("http://").to_owned();
    let mut waiting: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    service.signal("TERM");
    systemd.hears("STOPPING=1");
    for stream in &mut waiting {
        let request = "GET /labour-migration.atom HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
    }
    for stream in waiting {
        let reply = Reply::read(&mut BufReader::new(stream), false).unwrap();
        assert_eq!(reply.status, 200);
    }
    service.finish().done();
}

#[test]
fn killed_and_started_again_it_serves_at_once_and_asks_nobody_before_time() {
    let server = Server::start();
    server.serve("/", rss(&notices(0..3, day(0))));
    let workspace = one_source(&server);
    let mut service = Service::start(&workspace);
    service.get_until("/news.atom", has_entries(3));
    service.kill();

    let service = Service::start(&workspace);
    assert!(has_entries(3)(&service.get("/news.atom")));
    // Once it answers this, its loop has turned; it waits for running polls before it ends.
    assert_eq!(service.ask_admin("/healthz").status, 200);
    service.stop();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_killed_daemon_leaves_no_socket_in_the_way() {
    let workspace = Workspace::new(&format!("{FINDABLE}{NEWS}"));
    Service::start(&workspace).kill();
    assert!(workspace.path("admin.sock").exists());
    let service = Service::start(&workspace);
    assert_eq!(service.ask_admin("/healthz").status, 200);
    service.stop();
}

/// Checks that a run that cannot start prints the reason, and nothing to subscribe to.
#[track_caller]
fn check_refused(workspace: &Workspace, words: &[&str]) {
    let ran = Service::spawn(Service::command(workspace)).finish();
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    let complaint = ran.stderr.lines().last().unwrap();
    for word in words {
        assert!(complaint.contains(word), "{}", ran.stderr);
    }
}

#[test]
fn a_second_daemon_is_told_who_was_first() {
    let workspace = samples();
    let first = Service::start(&workspace);
    let who = format!("another tidings (process {})", first.id());
    check_refused(&workspace, &[&who, "var/tidings.db"]);
    assert_eq!(first.get("/").status, 200);
    first.stop();
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = |at: &str| format!("listen = [\"{at}\"]");
    for (taken, free) in [
        ("127.0.0.1:8080", "127.0.0.1:8081"),
        ("127.0.0.1:8081", "127.0.0.1:8080"),
    ] {
        let workspace = Workspace::with_samples();
        workspace.edit(&listen(taken), &listen(&address));
        workspace.edit(&listen(free), &listen("127.0.0.1:0"));
        let hint = "stop it, or set another `listen`";
        check_refused(&workspace, &[&format!("cannot listen on {address}"), hint]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let workspace = samples();
    workspace.write("feeds", "a file in the place of the folder");
    check_refused(&workspace, &["feeds"]);
    fs::remove_file(workspace.path("feeds")).unwrap();

    fs::create_dir(workspace.path("feeds")).unwrap();
    fs::set_permissions(workspace.path("feeds"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(workspace.path("feeds/probe"), "").is_ok() {
        return skipped("this user may write everywhere");
    }
    check_refused(&workspace, &["feeds", "denied"]);
}

#[test]
fn nobody_need_read_what_it_prints() {
    let workspace = Workspace::new(&format!(
        "[server]\nlisten = [\"unix:../public.sock\"]\n[admin]\nlisten = []\n{NEWS}"
    ));
    let address = format!("unix:{}", workspace.path("public.sock").display());
    let systemd = Systemd::new(&workspace);
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" run >&-", env!("CARGO_BIN_EXE_tidings")]);
    closed.current_dir(workspace.path(""));
    for mut command in [closed, Service::command(&workspace)] {
        systemd.listens_to(&mut command);
        let mut child = Service::unread(command);
        systemd.hears("READY=1");
        assert_eq!(get(&address, "/news.atom", &[]).status, 200);
        signal(&child, "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}
