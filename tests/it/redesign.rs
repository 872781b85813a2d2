//! Three redesigned sites: discovered, added, polled, reported when they change, and repaired.
//!
//! Both designs of a site are a folder of the fixtures: the same records, some new ones on top, the oldest gone.

use std::path::Path;

use chrono::TimeDelta;
use tidings::model::Timestamp;

use crate::support::{NEWS, Server, Story, Workspace, read_text, titles};

/// Polls before the site changes.
const POLLS: usize = 6;

fn fixture(site: &str, design: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites");
    read_text(&folder.join(site).join(format!("{design}.html")))
}

/// A site that was added by its address, and polled in its old design.
struct Site {
    name: &'static str,
    /// The time at which its newest records were news.
    began: Timestamp,
    server: Server,
    workspace: Workspace,
}

impl Site {
    fn new(name: &'static str, began: &str) -> Self {
        let site = Self {
            name,
            began: began.parse().unwrap(),
            server: Server::start(),
            workspace: Workspace::new(NEWS),
        };
        site.shows("before");
        let (url, now) = (site.server.url("/news"), site.at(0).to_rfc3339());
        let add = ["sources", "add", &url, "--id", "site", "--now", &now];
        site.workspace.run(&add).well();
        site.workspace
            .edit("[[source]]\n", "[[source]]\ntopics = [\"news\"]\n");
        site
    }

    /// Returns the hour of a poll.
    fn at(&self, poll: usize) -> Timestamp {
        self.began + TimeDelta::hours(i64::try_from(poll).unwrap())
    }

    fn shows(&self, design: &str) {
        self.server.serve("/news", fixture(self.name, design));
    }

    fn polled(self) -> Self {
        for poll in 0..POLLS {
            self.workspace.poll(self.at(poll));
        }
        self.workspace.check_well("site");
        self
    }

    fn configuration(&self) -> String {
        read_text(&self.workspace.path("config/tidings.toml"))
    }

    fn stories(&self) -> Vec<Story> {
        self.workspace.published().stories("news")
    }

    fn repair(&self, more: &[&str]) -> String {
        let now = self.at(POLLS).to_rfc3339();
        let arguments = [&["sources", "repair", "site", "--now", &now], more].concat();
        self.workspace.run(&arguments).well().stdout
    }

    /// Checks that the new design is reported, repaired and read: of the `usual` records of the old one it has
    /// `kept`, of which `found` are found again by title or address.
    #[track_caller]
    fn check_redesigned(self, usual: usize, (kept, found): (usize, usize), new: &[&str]) {
        let (files, before) = (self.workspace.published().files(), self.stories());
        assert_eq!(before.len(), usual, "{:?}", titles(&before));
        self.shows("after");
        self.workspace.poll(self.at(POLLS));
        let status = self.workspace.status("site");
        assert_eq!(status["state"], "drifted", "{status}");
        let told = format!("found nothing, where {usual} records were usual");
        let offered = format!("new selectors that find {found} of {usual} known items again");
        let problem = &status["problem"];
        for (key, expected) in [("text", told), ("action", offered)] {
            assert!(
                problem[key].as_str().unwrap().contains(&expected),
                "{problem}"
            );
        }
        self.workspace
            .published()
            .files()
            .are_untouched_since(&files);
        self.check_repaired(kept + new.len(), found);
        self.check_read_again(&before, new);
    }

    /// Checks that nothing is written without `--yes`.
    #[track_caller]
    fn check_repaired(&self, records: usize, found: usize) {
        let old = self.configuration();
        let shown = self.repair(&[]);
        let beside = format!("with them the page has {records} records, {found} of them among");
        for expected in [
            "\n-select.item ",
            "\n+select.item ",
            &beside,
            "nothing has been written yet",
        ] {
            assert!(shown.contains(expected), "{expected} is not in\n{shown}");
        }
        assert_eq!(self.configuration(), old);
        self.repair(&["--yes"]);
        assert_ne!(self.configuration(), old);
        self.workspace.run(&["check"]).done();
    }

    /// Checks that records in both designs are the same stories, and that the new ones are published.
    #[track_caller]
    fn check_read_again(&self, before: &[Story], new: &[&str]) {
        let now = self.at(POLLS + 1).to_rfc3339();
        self.workspace
            .run(&["once", "site", "--strict", "--now", &now])
            .done();
        self.workspace.check_well("site");
        let after = self.stories();
        let of = |story: &&Story| !before.iter().any(|old| old.id == story.id);
        let come: Vec<&str> = after.iter().filter(of).map(|story| &*story.title).collect();
        assert_eq!(come, new);
        assert_eq!(after.len(), before.len() + new.len());
    }
}

const DRUPAL: [&str; 3] = [
    "Autobuses adicionales para el final de la temporada",
    "Una oficina móvil recorre los cantones del sur",
    "Aumentan las denuncias por salarios retenidos",
];

#[test]
fn views_of_drupal_7() {
    Site::new("drupal7-views", "2021-12-07T08:00:00Z")
        .polled()
        .check_redesigned(14, (10, 10), &DRUPAL);
}

#[test]
fn an_archive_of_wordpress() {
    let new = [
        "Longer hours at the winter shelter",
        "A hotline for unpaid wages",
        "Permit offices closed on Friday",
    ];
    Site::new("wordpress-archive", "2021-12-08T08:00:00Z")
        .polled()
        .check_redesigned(16, (11, 11), &new);
}

#[test]
fn a_table_of_a_municipality() {
    let new = [
        "Edital n.º 63/2021 – Prevenção de cheias: o que fazer nas zonas ribeirinhas",
        "Aviso n.º 119/2021 – Horário do balcão único durante a quadra do Natal",
        "Edital n.º 62/2021 – Taxas de resíduos para alojamento coletivo em explorações",
    ];
    Site::new("municipal-table", "2021-12-07T08:00:00Z")
        .polled()
        .check_redesigned(17, (12, 10), &new);
}

/// A page that is read by its structure gets another layout if an operator accepts it.
#[test]
fn a_page_without_selectors_is_repaired_too() {
    let site = Site::new("drupal7-views", "2021-12-07T08:00:00Z");
    let lines = site.configuration();
    let lines = lines.lines().filter(|line| !line.starts_with("select."));
    let lines: Vec<&str> = lines.collect();
    site.workspace
        .write("config/tidings.toml", lines.join("\n"));
    let site = site.polled();
    let (files, before) = (site.workspace.published().files(), site.stories());
    site.shows("after");
    site.workspace.poll(site.at(POLLS));
    let status = site.workspace.status("site");
    assert_eq!(status["state"], "drifted", "{status}");
    site.workspace
        .published()
        .files()
        .are_untouched_since(&files);
    let shown = site.repair(&["--yes"]);
    let told = "A fresh look finds 13 records, 10 of them among";
    assert!(shown.contains(told), "{shown}");
    site.check_read_again(&before, &DRUPAL);
}
