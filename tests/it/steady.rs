//! Every poll reads a page without selectors with the layout of its first good poll. A page that no longer fits is
//! `drifted`; only a person changes the layout.

use chrono::TimeDelta;
use serde_json::Value;
use tidings::model::Timestamp;

use crate::support::{NEWS, Server, Workspace, day, read_text, source, titles};

const SUBJECTS: [&str; 6] = [
    "Road works close the bridge",
    "Water supply is interrupted",
    "New opening hours of the library",
    "Public hearing about the school",
    "Call for volunteers of the fire brigade",
    "Market stalls may be rented",
];
const PLACES: [&str; 6] = [
    "in the old town",
    "at the harbour",
    "of San Isidro",
    "near the station",
    "on the northern hill",
    "along the river",
];

/// Returns the title of a record.
fn title(number: usize) -> String {
    let (subject, place) = (SUBJECTS[number % 6], PLACES[number / 6 % 6]);
    match number / 36 {
        0 => format!("{subject} {place}"),
        year => format!("{subject} {place} for the {}nd time", year + 1),
    }
}

fn date(number: usize) -> String {
    let date = day(0) - TimeDelta::days(60) + TimeDelta::days(i64::try_from(number).unwrap());
    date.format("%-d %B %Y").to_string()
}

/// The markup of a page's list, and its surroundings.
struct Design {
    list: fn(&[usize]) -> String,
}

const OF_CLASSES: Design = Design {
    list: |numbers| {
        let row = |n: &usize| {
            let (title, date) = (title(*n), date(*n));
            format!("<li class=item><time>{date}</time> <a href=/news/{n}>{title}</a></li>\n")
        };
        let rows: String = numbers.iter().map(row).collect();
        format!("<ul class=news>{rows}</ul>")
    },
};

const OF_TABLES: Design = Design {
    list: |numbers| {
        let row = |n: &usize| {
            let (title, date) = (title(*n), date(*n));
            format!("<tr><td>{date}</td><td><a href=/news/{n}>{title}</a></td></tr>\n")
        };
        let rows: String = numbers.iter().map(row).collect();
        format!("<table><tbody>{rows}</tbody></table>")
    },
};

const OF_DIVISIONS: Design = Design {
    list: |numbers| {
        let row = |n: &usize| {
            let (title, date) = (title(*n), date(*n));
            format!("<div><h3><a href=/news/{n}>{title}</a></h3><p>{date}</p></div>\n")
        };
        numbers.iter().map(row).collect()
    },
};

const DESIGNS: [Design; 3] = [OF_CLASSES, OF_TABLES, OF_DIVISIONS];

fn menu(entries: usize) -> String {
    let entry = |n: usize| {
        let names = [
            "Home", "Council", "Services", "Tourism", "Culture", "Sport", "Contact", "Jobs",
        ];
        format!(
            "<li><a href=/{n}>{} {}</a></li>",
            names[n % 8],
            ["", "today", "online", "for all", "map"][n / 8 % 5]
        )
    };
    let entries: String = (0..entries).map(entry).collect();
    format!("<nav><ul>{entries}</ul></nav>")
}

fn page(menu: &str, main: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><title>Town of San Isidro</title></head><body>{menu}<main><h1>News</h1>{main}</main>\
         <footer><p>Town hall, 1 Main Street</p><a href=/imprint>Imprint</a></footer></body></html>"
    )
}

/// Returns the numbers of records, the newest first.
fn newest(from: usize, count: usize) -> Vec<usize> {
    (from..from + count).rev().collect()
}

/// The address of a list, and one that looks like an article's.
const LIST: &str = "/news";
const ARTICLE: &str = "/town/bridge-closed-repairs";

const INTRODUCTION: &str = "<p>The town hall publishes here whatever citizens need to know about works, services and \
    decisions of the council. The press office is open on weekdays from eight to four, and answers questions of \
    journalists by telephone and by mail. Whoever wishes to receive the notices by post may leave an address at the \
    counter of the library. All notices remain available for five years, after which they move to the archive of the \
    province, where they can be consulted on request. The council thanks all citizens for their patience while the old \
    site is being replaced by a new one, which will offer a search and a calendar too.</p>";

fn article() -> String {
    let paragraphs = [
        "The council decided last night that the bridge over the river is to be closed for repairs, which begin in spring.",
        "Engineers of the province found cracks in two of the five pillars when the water was low in January, and asked the \
         council to act before the floods of autumn return.",
        "Until the end of the year pedestrians cross by the ferry, which leaves every twenty minutes and takes bicycles for \
         nothing. Cars drive round by the dam.",
        "The mayor thanked the firms on the northern bank for their patience, and promised that the road to the station \
         stays open for lorries during the whole of the works.",
        "Half of the money comes from the province. The other half is lent by the savings bank, and paid back within nine \
         years from the fees of the harbour.",
        "Whoever lives in one of the eleven houses beside the bridge has been written to, and may leave a car in the yard of \
         the old tannery until everything is finished.",
    ];
    let paragraphs = paragraphs.map(|text| format!("<p>{text}</p>")).concat();
    format!(
        "<article><h1>The bridge is closed for repairs</h1><time>1 March 2026</time>{paragraphs}</article>"
    )
}

/// Returns a page that is an article.
fn page_of_article() -> String {
    page(&menu(6), &article()).replace("<h1>News</h1>", "")
}

/// A source whose page is read by its structure.
struct Town {
    server: Server,
    workspace: Workspace,
    path: &'static str,
    polls: usize,
}

impl Town {
    fn of_block(more: &str) -> Self {
        Self::at(LIST, more)
    }

    fn at(path: &'static str, more: &str) -> Self {
        let server = Server::start();
        let block = block(&server.url(path), more);
        Self {
            workspace: Workspace::new(&format!("{NEWS}{block}")),
            server,
            path,
            polls: 0,
        }
    }

    /// Polls a list once.
    fn polled(design: &Design) -> Self {
        Self::polled_at(LIST, design)
    }

    fn polled_at(path: &'static str, design: &Design) -> Self {
        let mut town = Self::at(path, "");
        town.poll(&page(&menu(6), &(design.list)(&newest(0, 10))));
        town.workspace.check_well("town");
        assert_eq!(town.items(), 10);
        town
    }

    fn now(&self) -> Timestamp {
        day(0) + TimeDelta::hours(i64::try_from(self.polls).unwrap())
    }

    fn poll(&mut self, body: &str) {
        self.server.serve(self.path, body);
        self.workspace.poll(self.now());
        self.polls += 1;
    }

    fn status(&self) -> Value {
        self.workspace.status("town")
    }

    fn items(&self) -> usize {
        usize::try_from(self.status()["items"].as_u64().unwrap()).unwrap()
    }

    /// Returns the kept layout.
    fn layout(&self) -> String {
        let listed = self.workspace.run(&["sources", "list", "--json"]).done();
        let layout = &listed.json()["sources"][0]["layout"];
        layout.as_str().unwrap_or_default().to_owned()
    }

    fn configuration(&self) -> String {
        read_text(&self.workspace.path("config/tidings.toml"))
    }

    fn repair(&self, more: &[&str]) -> String {
        let now = self.now().to_rfc3339();
        let arguments = [&["sources", "repair", "town", "--now", &now], more].concat();
        self.workspace.run(&arguments).done().stdout
    }

    /// Checks that the source is healthy, has that many items, and that the page itself is not one of them.
    #[track_caller]
    fn check_read(&self, layout: &str, items: usize) {
        self.workspace.check_well("town");
        assert_eq!(self.layout(), layout);
        let stories = self.workspace.published().stories("news");
        let mut told = titles(&stories);
        told.sort_unstable();
        let mut expected: Vec<String> = (0..items).map(title).collect();
        expected.sort_unstable();
        assert_eq!(told, expected);
    }

    #[track_caller]
    fn check_drifted(&self, code: &str, text: &str, action: &str) {
        let status = self.status();
        assert_eq!(status["state"], "drifted", "{status}");
        let problem = &status["problem"];
        assert_eq!(problem["code"], code, "{problem}");
        for (key, expected) in [("text", text), ("action", action)] {
            assert!(
                problem[key].as_str().unwrap().contains(expected),
                "{problem}"
            );
        }
    }
}

fn block(url: &str, more: &str) -> String {
    let block = source("town", url).replace("kind = \"feed\"", "kind = \"html\"");
    format!("{block}{more}")
}

#[test]
fn a_list_that_grows_and_shrinks_is_read_by_the_same_layout() {
    for design in &DESIGNS {
        let mut town = Town::polled(design);
        let layout = town.layout();
        assert!(!layout.is_empty());
        for (from, count) in [(8, 3), (11, 25), (35, 1), (30, 12)] {
            town.poll(&page(&menu(6), &(design.list)(&newest(from, count))));
            town.workspace.check_well("town");
            assert_eq!(town.layout(), layout);
        }
        town.check_read(&layout, 42);
    }
}

#[test]
fn an_introduction_makes_no_article_of_a_list() {
    for design in &DESIGNS {
        let mut town = Town::polled(design);
        let layout = town.layout();
        let list = (design.list)(&newest(1, 10));
        town.poll(&page(&menu(6), &format!("{INTRODUCTION}{list}")));
        town.check_read(&layout, 11);
        let list = (design.list)(&newest(11, 2));
        town.poll(&page(
            &menu(6),
            &format!("{INTRODUCTION}{INTRODUCTION}{list}"),
        ));
        town.check_read(&layout, 13);
    }
}

#[test]
fn a_menu_that_grows_is_no_list() {
    for design in &DESIGNS {
        let mut town = Town::polled(design);
        let layout = town.layout();
        let list = (design.list)(&newest(1, 10));
        town.poll(&page(&menu(40), &list));
        town.check_read(&layout, 11);
        // Built like the list, apart from the classes.
        let beside = menu(30).replace("<nav>", "").replace("</nav>", "");
        let beside = beside.replace("<ul>", "<ul class=topics>");
        town.poll(&page(&menu(6), &format!("{beside}{list}")));
        town.check_read(&layout, 11);
    }
}

#[test]
fn a_list_that_gives_way_to_an_article_has_drifted() {
    for design in &DESIGNS {
        let mut town = Town::polled_at(ARTICLE, design);
        let layout = town.layout();
        let files = town.workspace.published().files();
        town.poll(&page_of_article());
        town.check_drifted(
            "no-layout",
            "nothing on the page has the layout",
            "`tidings sources repair town` shows what a fresh look finds (1 record; 0 of 10 known items among them)",
        );
        town.workspace
            .published()
            .files()
            .are_untouched_since(&files);
        assert_eq!(town.layout(), layout);

        let released = town.workspace.run(&["sources", "release", "town"]).done();
        assert!(
            released
                .stdout
                .contains("nothing on its page matches the kept layout"),
            "{}",
            released.stdout
        );
        let old = town.configuration();
        let shown = town.repair(&[]);
        for expected in [
            "It reads nothing",
            "A fresh look finds 1 record, 0 of them among the last 10 known items",
            "\n  The bridge is closed for repairs\n",
            "\n+layout = \"page\"\n",
            "nothing has been written yet",
        ] {
            assert!(shown.contains(expected), "{expected} is not in\n{shown}");
        }
        assert_eq!(town.configuration(), old);
        town.repair(&["--yes"]);
        town.poll(&page_of_article());
        town.workspace.check_well("town");
        assert_eq!((town.items(), town.layout().as_str()), (11, "page"));
    }
}

#[test]
fn a_list_comes_back_by_itself() {
    let mut town = Town::polled(&OF_TABLES);
    let layout = town.layout();
    town.poll(&page_of_article());
    assert_eq!(town.status()["state"], "drifted");
    town.poll(&page(&menu(6), &(OF_TABLES.list)(&newest(1, 10))));
    town.workspace.check_well("town");
    assert_eq!((town.items(), town.layout()), (11, layout));
}

#[test]
fn a_page_that_was_one_record_is_no_list() {
    let mut town = Town::at(ARTICLE, "");
    town.poll(&page_of_article());
    town.workspace.check_well("town");
    assert_eq!((town.items(), town.layout().as_str()), (1, "page"));
    let files = town.workspace.published().files();
    let list = (OF_CLASSES.list)(&newest(0, 12));
    town.poll(&page(&menu(6), &list));
    town.check_drifted(
        "reads-less",
        "the kept layout reads 1 record, a fresh look finds 12",
        "`tidings sources repair town` shows both",
    );
    assert_eq!(town.items(), 1);
    town.workspace
        .published()
        .files()
        .are_untouched_since(&files);
    town.repair(&["--yes"]);
    assert!(town.configuration().contains("\nselect.item = "));
    town.poll(&page(&menu(6), &list));
    town.workspace.check_well("town");
    assert_eq!(town.items(), 13);
}

/// Renders the older half of a list in a table with other markup.
fn halves(first: usize) -> String {
    let row = |n: usize| {
        let (title, date) = (title(n), date(n));
        format!(
            "<tr><td><b>{date}</b></td><td><span><a href=/news/{n}>{title}</a></span></td></tr>"
        )
    };
    let older: String = (first..first + 5).rev().map(row).collect();
    format!(
        "{}<table class=older><tbody>{older}</tbody></table>",
        (OF_TABLES.list)(&newest(first + 5, 5)).replace("<table>", "<table class=newest>")
    )
}

#[test]
fn a_list_that_is_divided_has_drifted_and_goes_on() {
    let whole =
        |from| (OF_TABLES.list)(&newest(from, 10)).replace("<table>", "<table class=newest>");
    let mut town = Town::at(LIST, "");
    town.poll(&page(&menu(6), &whole(0)));
    let layout = town.layout();
    town.poll(&page(&menu(6), &halves(2)));
    town.check_drifted(
        "reads-less",
        "the kept layout reads 5 records, a fresh look finds 10",
        "`tidings sources repair town` shows both",
    );
    // The records that were read are still published.
    assert_eq!((town.items(), town.layout()), (12, layout.clone()));
    assert_eq!(town.status()["consecutive_failures"], 0);
    town.poll(&page(&menu(6), &halves(3)));
    assert!(!town.server.last_request().is_conditional());
    assert_eq!(
        (town.items(), &*town.status()["state"].to_string()),
        (13, "\"drifted\"")
    );
    // It recovers.
    town.poll(&page(&menu(6), &whole(4)));
    town.check_read(&layout, 14);
    // An operator accepts it.
    town.poll(&page(&menu(6), &halves(4)));
    assert_eq!(town.status()["state"], "drifted");
    let released = town.workspace.run(&["sources", "release", "town"]).done();
    assert_eq!(
        released.stdout,
        "town: its next poll is accepted as it is\n"
    );
    town.poll(&page(&menu(6), &halves(5)));
    town.check_read(&layout, 15);
    // Or has both read.
    let shown = town.repair(&["--yes"]);
    for expected in [
        "It reads 5 records:",
        "A fresh look finds 10 records, 10 of them among the last 15 known items",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    town.poll(&page(&menu(6), &halves(6)));
    town.workspace.check_well("town");
    assert_eq!(town.items(), 16);
}

#[test]
fn a_changed_block_is_looked_at_anew() {
    let mut town = Town::polled(&OF_CLASSES);
    let layout = town.layout();
    let block = block(&town.server.url(LIST), "date_order = \"dmy\"\n");
    town.workspace.configure(&format!("{NEWS}{block}"));
    assert_eq!(town.layout(), "");
    town.poll(&page(&menu(6), &(OF_TABLES.list)(&newest(1, 10))));
    town.workspace.check_well("town");
    assert_eq!(town.items(), 11);
    assert!(!["", &*layout].contains(&&*town.layout()), "{layout}");
}

#[test]
fn a_configured_layout_wins() {
    // A layout chosen by a person stays, whatever else is there.
    let mut town = Town::of_block("layout = \"page\"\n");
    town.poll(&page(&menu(6), &(OF_CLASSES.list)(&newest(0, 10))));
    town.workspace.check_well("town");
    assert_eq!((town.items(), town.layout().as_str()), (1, "page"));
    let elsewhere = "elements body > nav > ul > li, all";
    let block = block(
        &town.server.url(LIST),
        &format!("layout = \"{elsewhere}\"\n"),
    );
    town.workspace.configure(&format!("{NEWS}{block}"));
    let list = (OF_CLASSES.list)(&newest(0, 10));
    town.poll(&page(&menu(6), &list));
    town.workspace.check_well("town");
    assert_eq!((town.items(), town.layout().as_str()), (1 + 6, elsewhere));
}

#[test]
fn a_layout_is_shown() {
    let town = Town::polled(&OF_CLASSES);
    let layout = town.layout();
    let preview = town.workspace.run(&["preview", "town"]).done().stdout;
    let line = format!("Read with the kept layout: {layout}");
    assert!(preview.contains(&line), "{preview}");
    let address = town.server.url("/news/3");
    let told = town.workspace.run(&["explain", "item", &address]).done();
    let line = format!("read as   a page, by its structure: `{layout}`");
    assert!(told.stdout.contains(&line), "{}", told.stdout);
}

/// Later pages are read with the first one's layout, and none of them starts a layout.
#[test]
fn further_pages_are_read_as_the_first_is() {
    let mut town = Town::of_block("pages.next = \"a.next\"\npages.last = 3\n");
    let next = |n: usize| format!("<p><a class=next href=/news/page/{n}>Older notices</a></p>");
    let list = |from, count| (OF_CLASSES.list)(&newest(from, count));
    let serve = |town: &Town, path: &str, main: &str| {
        town.server.serve(path, page(&menu(6), main));
    };
    serve(
        &town,
        "/news/page/2",
        &format!("{INTRODUCTION}{}{}", list(2, 2), next(3)),
    );
    serve(&town, "/news/page/3", &format!("{}{}", article(), next(4)));
    serve(&town, "/news/page/4", &list(0, 2));
    town.poll(&page(&menu(6), &format!("{}{}", list(4, 10), next(2))));
    town.workspace.check_well("town");
    let stories = town.workspace.published().stories("news");
    let mut told = titles(&stories);
    told.sort_unstable();
    let mut expected: Vec<String> = (2..14).map(title).collect();
    expected.sort_unstable();
    assert_eq!(told, expected);
}
