//! The same store and configuration give the same bytes.

use std::fs;

use crate::support::{NEWS, Server, Workspace, day, notices, rss, source};

#[test]
fn two_runs_on_empty_stores_give_the_same_bytes() {
    let server = Server::start();
    server.serve("/one", rss(&notices(0..40, day(0))));
    server.serve("/two", rss(&notices(20..60, day(0))));
    let (one, two) = (
        source("one", &server.url("/one")),
        source("two", &server.url("/two")),
    );
    let run = || {
        let workspace = Workspace::with_samples();
        workspace.write("config/sources/served.toml", format!("{NEWS}{one}{two}"));
        let one_at_a_time =
            "allow_networks = [\"127.0.0.0/8\"]\nconcurrency = 1\nhost_delay = \"0s\"";
        workspace.edit("host_delay = \"1s\"", one_at_a_time);
        workspace.poll(day(0));
        workspace.published().files()
    };
    let first = run();
    run().hold_the_same_as(&first);
}

#[test]
fn what_is_gone_from_the_folder_is_made_again_from_the_store() {
    let server = Server::start();
    server.serve("/", rss(&notices(0..5, day(0))));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    workspace.poll(day(0));
    let before = workspace.published().files();
    fs::remove_dir_all(workspace.path("feeds")).unwrap();
    // Nothing is due, and the day is another: the bytes depend neither on the sources nor on the clock.
    workspace
        .run(&["once", "--now", &day(0).to_rfc3339()])
        .well();
    assert_eq!(server.requests().len(), 1);
    workspace.published().files().hold_the_same_as(&before);
    fs::remove_file(workspace.path("feeds/news.rss")).unwrap();
    fs::write(workspace.path("feeds/index.html"), "somebody else's").unwrap();
    workspace.poll(day(1));
    workspace.published().files().hold_the_same_as(&before);
}
