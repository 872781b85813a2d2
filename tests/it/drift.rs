//! A source that no longer yields its usual items is reported with its numbers, and its published items stay.

use chrono::TimeDelta;
use serde_json::Value;
use tidings::model::Repair;
use tidings::store;

use crate::support::{
    FINDABLE, NEWS, Notice, Published, Server, Service, Workspace, day, notice, notices, rss,
    source, titles,
};

/// Records of a page.
const RECORDS: usize = 20;
/// Polls before the page changes.
const POLLS: usize = 6;

/// The selectors of the page before its redesign.
const RULES: [(&str, &str); 4] = [
    ("item", ".views-row"),
    ("title", "h3 a"),
    ("date", ".date"),
    ("summary", "p"),
];

fn listed<'a>(id: &str, url: &str, rules: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut block =
        source(id, url).replace("kind = \"feed\"", "kind = \"html\"\ndate_order = \"dmy\"");
    for (field, css) in rules {
        block = format!("{block}select.{field} = {css:?}\n");
    }
    block
}

/// Returns a day's notices: the newest first, one more each day.
fn of_day(days: usize) -> Vec<Notice> {
    let number = |n: usize| notice(n, day(i64::try_from(n).unwrap() - 20));
    (days..days + RECORDS).rev().map(number).collect()
}

fn frame(list: &str) -> String {
    let menu = "<nav><ul><li><a href=/>Home</a><li><a href=/about>About us</a></ul></nav>";
    let foot = "<footer><a href=/contact>Contact</a></footer>";
    format!("<!doctype html><title>Harbour</title>{menu}<main>{list}</main>{foot}")
}

fn old_page(notices: &[Notice]) -> String {
    let row = |notice: &Notice| {
        let Notice {
            title,
            link,
            text,
            date,
            ..
        } = notice;
        let date = date.format("%d/%m/%Y");
        format!(
            "<div class=views-row><h3><a href={link}>{title}</a></h3><span class=date>{date}</span><p>{text}</p></div>"
        )
    };
    frame(&notices.iter().map(row).collect::<String>())
}

/// Renders the notices with other tags, other classes, other addresses.
fn new_page(notices: &[Notice]) -> String {
    let card = |notice: &Notice| {
        let Notice {
            title, text, date, ..
        } = notice;
        let slug = title.to_lowercase().replace(' ', "-");
        let date = date.format("%-d %B %Y");
        format!(
            "<li class=card><time>{date}</time><h2 class=card-title><a href=/stories/{slug}>{title}</a></h2><div class=card-text>{text}</div></li>"
        )
    };
    let cards: String = notices.iter().map(card).collect();
    frame(&format!("<ul class=cards>{cards}</ul>"))
}

/// A source that was polled for some days.
struct Harbour {
    server: Server,
    workspace: Workspace,
    polls: usize,
}

impl Harbour {
    fn new(frame: &str, block: impl Fn(&str) -> String) -> Self {
        let server = Server::start();
        let block = block(&server.url("/"));
        Self {
            workspace: Workspace::new(&format!("{frame}{NEWS}{block}")),
            server,
            polls: 0,
        }
    }

    /// Polls a page for some days.
    fn of_page(polls: usize) -> Self {
        let mut harbour = Self::new("", |url| listed("harbour", url, RULES));
        for days in 0..polls {
            harbour.poll(&old_page(&of_day(days)));
        }
        harbour.workspace.check_well("harbour");
        harbour
    }

    /// Polls a feed that adds one notice a day.
    fn of_feed(frame: &str) -> Self {
        let mut harbour = Self::new(frame, |url| source("harbour", url));
        for days in 1..=POLLS {
            harbour.poll(&rss(&notices(0..days, day(0))));
        }
        harbour.workspace.check_well("harbour");
        harbour
    }

    fn poll(&mut self, body: &str) {
        self.server.serve("/", body);
        let at = day(0) + TimeDelta::days(i64::try_from(self.polls).unwrap());
        self.workspace.poll(at);
        self.polls += 1;
    }

    fn status(&self) -> Value {
        self.workspace.status("harbour")
    }

    fn published(&self) -> Published {
        self.workspace.published()
    }

    fn repair(&self) -> Option<Repair> {
        let path = self.workspace.path("var/tidings.db");
        let id = "harbour".parse().unwrap();
        store::inspect_store(&path, |reader| reader.proposed_repair(&id))
            .unwrap()
            .unwrap()
    }

    /// Checks the state, and parts of the problem.
    #[track_caller]
    fn check(&self, state: &str, text: &str, action: &str) {
        let status = self.status();
        assert_eq!(status["state"], state, "{status}");
        let problem = &status["problem"];
        let of = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        assert!(of("text").contains(text), "{problem}");
        assert!(of("action").contains(action), "{problem}");
    }
}

#[test]
fn a_redesigned_page_is_told_of_with_what_would_read_it_and_its_stories_stay_themselves() {
    let mut harbour = Harbour::of_page(POLLS);
    let (files, before) = (
        harbour.published().files(),
        harbour.published().stories("news"),
    );
    harbour.poll(&new_page(&of_day(POLLS - 1)));
    let text = "`select.item` (.views-row) found nothing, where 20 records were usual";
    let action =
        "`tidings sources repair harbour` shows new selectors that find 20 of 20 known items again";
    harbour.check("drifted", text, action);
    harbour.published().files().are_untouched_since(&files);
    // It is fetched without conditions: a 304 must not hide its recovery.
    harbour.poll(&new_page(&of_day(POLLS - 1)));
    assert!(!harbour.server.last_request().is_conditional());
    harbour.published().files().are_untouched_since(&files);

    let repair = harbour.repair().unwrap();
    assert_eq!(
        (repair.found.len(), repair.known, repair.records),
        (20, 20, 20)
    );
    assert_eq!(repair.found[0], notice(24, day(0)).title);
    let rules = repair
        .select
        .iter()
        .map(|(field, css)| (field.as_str(), css.as_str()));
    let block = listed("harbour", &harbour.server.url("/"), rules);
    harbour.workspace.configure(&format!("{NEWS}{block}"));
    harbour.poll(&new_page(&of_day(POLLS)));
    harbour.workspace.check_well("harbour");
    assert_eq!(harbour.repair(), None);
    let after = harbour.published().stories("news");
    assert_eq!(titles(&after)[0], notice(25, day(0)).title);
    assert_eq!(after.len(), before.len() + 1);
    for story in &before {
        let same = after.iter().find(|other| other.id == story.id).unwrap();
        assert_eq!((&same.title, same.updated), (&story.title, story.updated));
    }
    let moved = &after[1].link;
    assert!(
        moved
            .as_deref()
            .is_some_and(|link| link.contains("/stories/notice-24-")),
        "{moved:?}"
    );
}

#[test]
fn rules_that_find_something_else_are_told_of_too() {
    let mut harbour = Harbour::of_page(POLLS);
    let files = harbour.published().files();
    let promoted = |n: usize| {
        format!(
            "<div class=views-row><h3><a href=/offer/{n}>Offer number {n} of this week</a></h3></div>"
        )
    };
    let offers: String = (0..3).map(promoted).collect();
    let page =
        new_page(&of_day(POLLS - 1)).replace("</main>", &format!("</main><aside>{offers}</aside>"));
    harbour.poll(&page);
    let action =
        "`tidings sources repair harbour` shows new selectors that find 20 of 20 known items again";
    harbour.check("drifted", ": 3 records where 20 were usual", action);
    assert_eq!(harbour.status()["problem"]["code"], "drifted");
    harbour.published().files().are_untouched_since(&files);

    // The operator accepts the change.
    let released = harbour
        .workspace
        .run(&["sources", "release", "harbour"])
        .done();
    assert_eq!(
        released.stdout,
        "harbour: its next poll is accepted as it is\n"
    );
    harbour.poll(&page);
    assert_eq!(harbour.status()["items"], RECORDS + POLLS - 1 + 3);
    harbour.check("ok", "found nothing in 3 of 3 entries", "");
    assert_eq!(harbour.repair(), None);
}

#[test]
fn records_without_what_they_always_had_are_told_of() {
    let mut harbour = Harbour::of_page(POLLS);
    let undated = old_page(&of_day(POLLS)).replace("class=date", "class=when");
    harbour.poll(&undated);
    let text = ": no date in 20 of 20 records, where 0 of 20 had none before";
    harbour.check("drifted", text, "tidings sources repair harbour");
    assert_eq!(harbour.status()["items"], RECORDS + POLLS - 1);
    // It recovers.
    harbour.poll(&old_page(&of_day(POLLS)));
    harbour.workspace.check_well("harbour");
    assert_eq!(harbour.status()["items"], RECORDS + POLLS);
}

#[test]
fn a_page_with_a_short_past_is_not_judged_by_it() {
    let mut harbour = Harbour::of_page(3);
    let short = old_page(&of_day(3)[..2]);
    harbour.poll(&short);
    harbour.workspace.check_well("harbour");
}

/// A page that stayed the same for a while has a usual number of items too.
#[test]
fn a_page_that_never_changed_is_judged_by_that() {
    let mut harbour = Harbour::of_page(1);
    for _ in 0..4 {
        harbour.poll(&old_page(&of_day(0)));
    }
    harbour.poll(&old_page(&of_day(0)[..2]));
    harbour.check("drifted", ": 2 records where 20 were usual", "");
}

#[test]
fn a_changed_block_begins_a_new_past() {
    let mut harbour = Harbour::of_page(POLLS);
    let block = listed("harbour", &harbour.server.url("/"), RULES);
    harbour
        .workspace
        .configure(&format!("{NEWS}{block}timezone = \"America/Costa_Rica\"\n"));
    harbour.poll(&old_page(&of_day(POLLS)[..2]));
    harbour.workspace.check_well("harbour");
}

/// Returns a feed with more than fifty times the usual one notice a day.
fn flood() -> String {
    rss(&notices(0..POLLS + 60, day(0)))
}

const HELD: &str = "60 new items are held back, where 1 a poll are usual";

#[test]
fn a_flood_is_shown_when_it_is_released() {
    let mut harbour = Harbour::of_feed("");
    let files = harbour.published().files();
    harbour.poll(&flood());
    harbour.check(
        "held",
        HELD,
        "`tidings sources release harbour` lists them and asks",
    );
    harbour.poll(&flood());
    harbour.check("held", HELD, "");
    harbour.published().files().are_untouched_since(&files);
    assert_eq!(harbour.status()["items"], POLLS + 60);
    let table = harbour.workspace.run(&["status"]).done().stdout;
    assert!(table.contains("held") && table.contains(HELD), "{table}");

    // Without a terminal there is nobody to ask: the items are only shown.
    let shown = harbour.workspace.run(&["sources", "release", "harbour"]);
    assert_eq!(shown.stdout.matches("2026-03-02").count(), 60, "{shown:?}");
    assert!(shown.stdout.contains(&notice(POLLS, day(0)).title));
    let why = "60 items of harbour are held back: run `tidings sources release harbour --yes`";
    assert!(shown.complaint(1).contains(why), "{}", shown.stderr);
    harbour.published().files().are_untouched_since(&files);
    let no = ["sources", "release", "harbour"];
    let asked = harbour.workspace.run_at_terminal(&no, "\n");
    assert_eq!(asked.status, Some(1), "{asked:?}");
    let question = "release 60 held items of harbour? [y/N]";
    assert!(asked.stderr.contains(question), "{asked:?}");
    harbour.published().files().are_untouched_since(&files);
    let released = harbour
        .workspace
        .run(&["sources", "release", "harbour", "--yes", "--json"])
        .done();
    assert_eq!(
        released.json(),
        serde_json::json!({"items": 60, "kept_back": 0, "taken_back": 0, "begins_anew": false})
    );
    harbour.workspace.check_well("harbour");
    assert_eq!(
        harbour.published().stories("news").len() + quiet(&harbour),
        POLLS + 60
    );
    let again = harbour
        .workspace
        .run(&["sources", "release", "harbour"])
        .done();
    assert_eq!(again.stdout, "harbour: nothing is held back\n");
}

#[test]
fn what_is_thrown_away_comes_no_more_and_what_was_taken_back_is_not_released() {
    let mut harbour = Harbour::of_feed("");
    harbour.poll(&flood());
    let before = harbour.published().stories("news").len() + quiet(&harbour);
    // The publisher removes all but ten of them.
    harbour.poll(&rss(&notices(0..POLLS + 10, day(0))));
    let sources = |arguments: &[&str]| {
        let ran = harbour.workspace.run(&[&["sources"], arguments].concat());
        ran.done().stdout
    };
    let shown = sources(&["release", "harbour", "--dry-run"]);
    assert_eq!(shown.matches("no longer lists it").count(), 50, "{shown}");
    let told = sources(&["release", "harbour", "--yes"]);
    assert!(
        told.ends_with("harbour: 10 items are published\n"),
        "{told}"
    );
    let now = || harbour.published().stories("news").len() + quiet(&harbour);
    assert_eq!(now(), before + 10);
    let told = sources(&["discard", "harbour", "--all", "--yes"]);
    assert!(
        told.ends_with("harbour: 50 items are discarded\n"),
        "{told}"
    );
    harbour.poll(&flood());
    harbour.workspace.check_well("harbour");
    let now = harbour.published().stories("news").len() + quiet(&harbour);
    assert_eq!(now, before + 10);
    let list = harbour.workspace.run(&["stories", "list"]).done().stdout;
    assert!(
        list.contains("discard  50 held items of harbour, by uid "),
        "{list}"
    );
}

/// Counts the stories that are on the page alone, as those of a late release are.
fn quiet(harbour: &Harbour) -> usize {
    let page = harbour.published().text("news.html");
    let shown = |n: &usize| page.contains(&notice(*n, day(0)).title);
    (POLLS..POLLS + 60).filter(shown).count()
}

#[test]
fn the_daemon_releases_what_it_holds() {
    let mut harbour = Harbour::of_feed(FINDABLE);
    harbour.poll(&flood());
    let mut service = Service::start(&harbour.workspace);
    let page = service.ask_admin("/status");
    assert!(page.text().contains(HELD), "{}", page.text());
    let metric = "tidings_sources{state=\"held\"} 1";
    assert!(service.ask_admin("/metrics").text().contains(metric));
    let released = harbour
        .workspace
        .run(&["sources", "release", "harbour", "--yes"])
        .done();
    let told = "harbour: 60 items are published\n";
    assert!(released.stdout.ends_with(told), "{}", released.stdout);
    service.logs("released 60 held items of harbour");
    let last = notice(POLLS + 59, day(0)).title;
    service.get_until("/news", |page| page.text().contains(&last));
    let status = service.ask_admin("/status.json").json();
    assert_eq!(status["sources"][0]["state"], "ok", "{status}");
    service.stop();
}

#[test]
fn only_what_is_configured_can_be_released() {
    let harbour = Harbour::of_page(1);
    let ran = harbour.workspace.run(&["sources", "release", "harbor"]);
    let word = "tidings: there is no source `harbor` in the configuration";
    assert_eq!(ran.complaint(2), word);
}
