//! The notifications to systemd, and the socket that it passes in.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Instant;

use crate::support::{
    ANYWHERE, GUARD, NEWS, Server, Service, Systemd, Workspace, day, get, notices, rss, source,
};

/// Starts a daemon that notifies `systemd`, with additional variables.
fn start(workspace: &Workspace, systemd: &Systemd, variables: &[(&str, &str)]) -> Service {
    let mut command = Service::command(workspace);
    systemd.listens_to(&mut command);
    command.envs(variables.iter().copied());
    Service::spawn(command)
}

#[test]
fn it_tells_when_it_serves_how_it_is_and_when_it_ends() {
    let server = Server::start();
    server.serve("/", rss(&notices(0..3, day(0))));
    let (good, bad) = (
        source("good", &server.url("/")),
        source("bad", &server.url("/nothing")),
    );
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}{good}{bad}"));
    let systemd = Systemd::new(&workspace);
    let service = start(&workspace, &systemd, &[]).until_served();
    systemd.hears("READY=1");
    assert_eq!(service.get("/news.atom").status, 200);
    systemd.hears("STATUS=2 sources, 0 of them failing, 2 being polled; 1 feeds");
    systemd.hears("STATUS=2 sources, 1 of them failing, 0 being polled; 1 feeds");

    service.signal("HUP");
    let reloading = systemd.hears("RELOADING=1");
    let since = reloading[1].strip_prefix("MONOTONIC_USEC=");
    assert!(since.expect("since when").parse::<u64>().is_ok());
    systemd.hears("READY=1");

    service.signal("TERM");
    systemd.hears("STOPPING=1");
    service.finish().done();
}

#[test]
fn a_refused_reload_is_over_too() {
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    let systemd = Systemd::new(&workspace);
    let service = start(&workspace, &systemd, &[]);
    systemd.hears("READY=1");
    workspace.configure("[[topic]]\nid = 1\n");
    service.signal("HUP");
    systemd.hears("RELOADING=1");
    systemd.hears("READY=1");
    service.stop();
}

/// Notifies as often as the watchdog requires, however little there is to do.
const IMPATIENT: (&str, &str) = ("WATCHDOG_USEC", "400000");

#[test]
fn the_watchdog_is_fed_while_the_loop_turns() {
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    let systemd = Systemd::new(&workspace);
    let service = start(&workspace, &systemd, &[IMPATIENT]);
    systemd.hears("READY=1");
    // A loop that turned as slowly as it may would take longer for these than a test waits.
    let began = Instant::now();
    for _ in 0..20 {
        systemd.hears("WATCHDOG=1");
    }
    assert!(began.elapsed() < GUARD);
    service.stop();
}

#[test]
fn the_watchdog_starves_when_the_loop_hangs() {
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    let systemd = Systemd::new(&workspace);
    let hangs = ("TIDINGS_FAILPOINT", "schedule");
    let service = start(&workspace, &systemd, &[IMPATIENT, hangs]).until_served();
    systemd.hears("READY=1");
    // The health check times out after many times the watchdog's timeout: the silence lasts that long.
    let health = service.ask_admin("/healthz");
    assert_eq!(health.status, 503);
    assert_eq!(health.text(), "the daemon does not answer\n");
    assert_eq!(systemd.heard(), Vec::<Vec<String>>::new());
    // Readers notice nothing.
    assert_eq!(service.get("/news.atom").status, 200);
    service.kill();
}

#[test]
fn a_socket_that_is_handed_over_is_served_instead_of_the_configured_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let workspace = Workspace::new(&format!("{ANYWHERE}{NEWS}"));
    // Only the shell can put the socket at descriptor 3 and know the id of the process that it becomes.
    let hand_over = "exec 3<&0 0</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" run";
    let mut command = Command::new("sh");
    command.args(["-c", hand_over, env!("CARGO_BIN_EXE_tidings")]);
    command.current_dir(workspace.path(""));
    command.stdin(OwnedFd::from(listener));
    // A client that connects before the daemon starts is not turned away.
    let early = std::thread::spawn({
        let address = address.clone();
        move || get(&address, "/news.atom", &[]).status
    });
    let service = Service::spawn(command).until_served();
    assert_eq!(service.public(), address);
    assert_eq!(early.join().unwrap(), 200);
    service.stop();
}
