//! What pages and feeds amount to, as it is printed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::DateTime;

use super::*;
use crate::model::PublicUrl;

/// A document of the fixtures, as if it came from `url`.
fn document(path: &str, url: &str) -> Document {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(path);
    let read = crate::fetch::document_of_file(&path, 1 << 20, DateTime::UNIX_EPOCH);
    Document {
        url: url.parse().unwrap(),
        fetched_at: "2021-12-01T12:00:00Z".parse().unwrap(),
        ..read.unwrap()
    }
}

fn proposed(page: &Document, feeds: Vec<(&str, Document)>) -> Proposal {
    let taken = BTreeSet::from(["comunidad".parse().unwrap()]);
    let around = Surroundings {
        taken: &taken,
        zone: chrono_tz::UTC,
    };
    let linked = feeds.into_iter().map(|(url, document)| Linked {
        lead: Lead::Feed,
        url: url.parse().unwrap(),
        document: Ok(document),
    });
    let linked: Vec<Linked> = linked.collect();
    let leads = leads(page).unwrap();
    let location = Location::Http(PublicUrl::new(page.url.clone()));
    propose(&location, page, &leads, &linked, around).unwrap()
}

/// What is read, how many items it gives, how far apart they are, and the block.
fn shown(proposal: &Proposal) -> String {
    let Proposal {
        found,
        items,
        records,
        distance,
        block,
        ..
    } = proposal;
    let mut shown = format!("{found:?}: {} items of {records} records\n", items.len());
    let days = distance.map(|distance| distance.num_days());
    writeln!(shown, "days between: {days:?}\n\n{block}").unwrap();
    shown
}

/// The block is what it says: read by it, the document gives the same items.
#[track_caller]
fn check_block(proposal: &Proposal, page: &Document) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let zone = "[site]\ntimezone = \"UTC\"\n\n";
    std::fs::write(&file, format!("{zone}{}", proposal.block)).unwrap();
    let config = crate::config::load(&file, &|_| None).unwrap();
    let read = Read::by(config.sources[0].clone(), page.clone()).unwrap();
    let titles = |items: &[Item]| -> Vec<String> {
        let dated = items
            .iter()
            .map(|item| format!("{} {:?}", item.title, item.published));
        dated.collect()
    };
    assert_eq!(titles(&read.items), titles(&proposal.items));
}

#[track_caller]
fn check(name: &str, url: &str) {
    let page = document(&format!("html/auto-{name}.html"), url);
    let proposal = proposed(&page, Vec::new());
    check_block(&proposal, &page);
    insta::assert_snapshot!(name, shown(&proposal));
}

#[test]
fn pages_become_blocks() {
    check("views", "https://www.office.example/en/news");
    check("wordpress", "https://region.gob.gt/categoria/region/");
    check("municipal-table", "https://www.comunidad.gob.mx/avisos");
    check("br-list", "http://www.comunidad.example.cr/comunicados.htm");
    check("article", "https://office.example/news/shelter-opens");
    check("linked-data", "https://office.example/");
}

#[test]
fn a_feed_becomes_a_block() {
    let url = "https://consejo.gob.pa/rss.xml";
    let feed = document("feed/rss2-basic.xml", url);
    let proposal = proposed(&feed, Vec::new());
    check_block(&proposal, &feed);
    insta::assert_snapshot!("feed", shown(&proposal));
}

#[test]
fn no_document_panics() {
    for body in [
        &b""[..],
        b"{",
        b"<html>",
        b"\xFF\xFE\0",
        b"%PDF-1.7",
        b"<urlset/>",
        b"a\0b",
    ] {
        let page = Document {
            body: body.to_owned(),
            ..document("html/auto-views.html", "https://a.example/")
        };
        let taken = BTreeSet::new();
        let around = Surroundings {
            taken: &taken,
            zone: chrono_tz::UTC,
        };
        let location = Location::Http(PublicUrl::new(page.url.clone()));
        let proposed =
            leads(&page).and_then(|leads| propose(&location, &page, &leads, &[], around));
        assert!(proposed.is_err(), "{body:?}");
    }
}
