//! The administrators' address obeys programs and its own pages, never a page of another site; its sockets belong to
//! its group.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::support::{
    ANYWHERE, FINDABLE, NEWS, Ran, Running, Service, Workspace, get, read_text, request, request_as,
};

const MARK: (&str, &str) = ("X-Tidings", "1");

fn start(frame: &str) -> (Workspace, Service) {
    let workspace = Workspace::new(&format!("{frame}{NEWS}"));
    let service = Service::start(&workspace);
    (workspace, service)
}

/// All requests that change something, as a program sends them.
const CHANGES: [&str; 3] = ["/reload?yes", "/sources/news/release", "/stories"];
/// All pages that reveal something.
const PAGES: [&str; 5] = ["/", "/status", "/status.json", "/metrics", "/healthz"];

#[test]
fn a_page_of_another_site_changes_nothing_and_learns_nothing() {
    let (_workspace, mut service) = start(ANYWHERE);
    let admin = service.admin().to_owned();
    let port = admin.rsplit(':').next().unwrap().to_owned();
    for target in CHANGES {
        for headers in [
            vec![],
            vec![("Content-Type", "text/plain")],
            vec![("Origin", "https://evil.example")],
            vec![("Origin", "null"), MARK],
            vec![("Origin", "https://evil.example"), MARK],
            vec![("Origin", "http://127.0.0.1:1"), MARK],
            vec![("Sec-Fetch-Site", "cross-site"), MARK],
            vec![("Sec-Fetch-Site", "same-site"), MARK],
        ] {
            let reply = request(&admin, "POST", target, &headers);
            assert_eq!(reply.status, 403, "{target} {headers:?}: {}", reply.text());
        }
        // A name that a stranger resolves to this machine.
        for host in [format!("evil.example:{port}"), "evil.example".to_owned()] {
            let origin = format!("http://{host}");
            let headers = [MARK, ("Origin", origin.as_str())];
            let reply = request_as(&admin, &host, "POST", target, &headers);
            assert_eq!(reply.status, 403, "{target} {host}: {}", reply.text());
        }
        // A preflight request asks if a script may send the header; it is never granted.
        let asks = [
            ("Origin", "https://evil.example"),
            ("Access-Control-Request-Headers", "x-tidings"),
        ];
        let reply = request(&admin, "OPTIONS", target, &asks);
        assert_eq!(reply.status, 403);
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    for target in PAGES {
        let foreign = request_as(&admin, &format!("evil.example:{port}"), "GET", target, &[]);
        assert_eq!(foreign.status, 403, "{target}");
        assert!(foreign.text().contains("[admin] listen"), "{target}");
        let fetched = get(&admin, target, &[("Sec-Fetch-Site", "cross-site")]);
        assert_eq!(fetched.status, 403, "{target}");
        assert_eq!(get(&admin, target, &[]).status, 200, "{target}");
        let local = request_as(&admin, &format!("localhost:{port}"), "GET", target, &[]);
        assert_eq!(local.status, 200, "{target}");
    }
    let form = [
        ("Origin", admin.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept", "text/html"),
    ];
    let reply = request(&admin, "POST", "/reload", &form);
    assert_eq!((reply.status, reply.header("location")), (303, "status"));
    let line = service.logs("refused POST");
    assert!(
        line.contains("/reload") && line.contains("127.0.0.1"),
        "{line}"
    );
    service.logs("(`Origin: https://evil.example`)");
    service.logs("evil.example:");
    service.stop();
}

#[test]
fn a_program_that_says_so_is_obeyed() {
    let (_workspace, mut service) = start(ANYWHERE);
    let admin = service.admin().to_owned();
    for headers in [
        vec![MARK],
        vec![MARK, ("Origin", admin.as_str())],
        vec![MARK, ("Sec-Fetch-Site", "same-origin")],
        vec![("X-Tidings", "maria"), ("Sec-Fetch-Site", "none")],
    ] {
        let report = request(&admin, "POST", "/reload", &headers).json();
        assert_eq!(report["applied"], json!(true), "{headers:?}");
    }
    service.logs("127.0.0.1 (maria) asks for a reload");
    service.stop();
}

#[test]
fn a_name_of_the_configuration_is_answered_to() {
    let named = ANYWHERE.replace("[admin]\n", "[admin]\nhosts = [\"status.example\"]\n");
    let (_workspace, service) = start(&named);
    let ask = |host: &str| request_as(service.admin(), host, "GET", "/status", &[]).status;
    assert_eq!(ask("status.example"), 200);
    assert_eq!(ask("status.example:8443"), 200);
    assert_eq!(ask("other.example"), 403);
    service.stop();
}

#[test]
fn sockets_are_for_their_group_and_are_replaced_when_nobody_listens() {
    let frame = FINDABLE.replace("127.0.0.1:0", "unix:../web.sock");
    let workspace = Workspace::new(&format!("{frame}{NEWS}"));
    let check = |service: &Service| {
        for name in ["web.sock", "admin.sock"] {
            let mode = fs::metadata(workspace.path(name)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o7777, 0o660, "{name}");
        }
        assert_eq!(service.get("/news.atom").status, 200);
        assert_eq!(service.ask_admin("/healthz").status, 200);
    };
    let service = Service::start(&workspace);
    check(&service);
    // The sockets of a killed process remain.
    service.kill();
    assert!(workspace.path("admin.sock").exists());
    let mut service = Service::start(&workspace);
    check(&service);
    // The commands find the daemon there, and it learns who the user is.
    workspace.run(&["reload"]).done();
    let uid = owner(&workspace);
    service.logs(&format!("uid {uid}"));
    service.stop();
}

/// Returns the user id of the workspace's owner, which is ours.
fn owner(workspace: &Workspace) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(workspace.path("")).unwrap().uid()
}

#[test]
fn a_socket_in_use_is_left_alone() {
    let workspace = Workspace::new(&format!("{FINDABLE}{NEWS}"));
    let service = Service::start(&workspace);
    let other = Workspace::new(&format!(
        "{}{NEWS}",
        FINDABLE.replace(
            "unix:../admin.sock",
            &format!("unix:{}", workspace.path("admin.sock").display())
        )
    ));
    let ran = other.run(&["run"]);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("another program does already"),
        "{}",
        ran.stderr
    );
    assert_eq!(service.ask_admin("/healthz").status, 200);
    service.stop();
}

#[test]
fn check_warns_of_an_administrators_address_that_others_reach() {
    let check = |listen: &str, warned: bool| {
        let workspace = Workspace::new(&format!("[admin]\nlisten = [\"{listen}\"]\n{NEWS}"));
        let ran = workspace.run(&["check"]).done();
        let words = "other machines reach the administrators' address";
        assert_eq!(
            ran.stdout.contains(words),
            warned,
            "{listen}: {}",
            ran.stdout
        );
        let place = "config/tidings.toml:14:11: warning: ";
        assert!(!warned || ran.stdout.contains(place), "{}", ran.stdout);
    };
    check("0.0.0.0:8081", true);
    check("[::]:8081", true);
    check("192.0.2.1:8081", true);
    check("[::ffff:192.0.2.1]:8081", true);
    check("127.0.0.1:8081", false);
    check("127.0.0.53:8081", false);
    check("[::1]:8081", false);
    check("[::ffff:127.0.0.1]:8081", false);
    check("unix:/run/tidings/admin.sock", false);
}

#[test]
fn the_package_listens_on_a_socket_in_a_folder_that_systemd_creates() {
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let unit = read_text(&packaging.join("systemd/tidings.service"));
    assert!(unit.contains("\nRuntimeDirectory=tidings\n"), "{unit}");
    let config = read_text(&packaging.join("config/tidings.toml"));
    assert!(
        config.contains("[admin]\nlisten = [\"unix:/run/tidings/admin.sock\"]"),
        "{config}"
    );
}

#[test]
fn a_mistyped_level_of_the_log_is_refused() {
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    let check = |ran: Ran, words: &str| {
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    };
    let levels = "the levels are off, error, warn, info, debug, trace";
    check(workspace.run(&["run", "--log", "verbose"]), levels);
    let mut command = workspace.command(&["run"]);
    command.env("TIDINGS_LOG", "waring");
    check(Running::start(command).finish(), "did you mean `warn`?");
    let module = workspace.run(&["run", "--log", "tidings::fecth=debug"]);
    check(module, "did you mean `tidings::fetch`?");
    assert!(!workspace.path("var").exists());
}
