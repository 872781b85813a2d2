//! Proposals for pages and feeds, as they are printed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::DateTime;

use super::*;
use crate::model::PublicUrl;

/// Returns a document of the fixtures, as if it came from `url`.
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

fn proposed(page: &Document, feeds: Vec<(&str, Document)>) -> SourceProposal {
    proposed_list(page, feeds, None).unwrap()
}

fn proposed_list(
    page: &Document,
    feeds: Vec<(&str, Document)>,
    list: Option<usize>,
) -> Result<SourceProposal, DiscoverError> {
    let taken = BTreeSet::from(["comunidad".parse().unwrap()]);
    let around = DiscoverContext {
        taken: &taken,
        zone: chrono_tz::UTC,
        list,
    };
    let linked = feeds.into_iter().map(|(url, document)| LinkedDocument {
        lead: LeadKind::Feed,
        url: url.parse().unwrap(),
        document: Ok(document),
    });
    let linked: Vec<LinkedDocument> = linked.collect();
    let leads = find_page_leads(page).unwrap();
    let location = Location::Http(PublicUrl::new(page.url.clone()));
    propose_source(&location, page, &leads, &linked, around)
}

/// Shows the kind of source, the number of items, the time between them, and the block.
fn shown(proposal: &SourceProposal) -> String {
    let SourceProposal {
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

/// Checks that the document, read with the block, yields the same items.
#[track_caller]
fn check_block(proposal: &SourceProposal, page: &Document) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let zone = "[site]\ntimezone = \"UTC\"\n\n";
    std::fs::write(&file, format!("{zone}{}", proposal.block)).unwrap();
    let config = crate::config::load(&file, &|_| None).unwrap();
    let read = ReadDocument::by_source(config.sources[0].clone(), page.clone()).unwrap();
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
fn a_list_is_taken_by_its_number() {
    let url = "https://www.office.example/en/news";
    for (name, is_by_layout) in [("views", false), ("br-list", true)] {
        let page = document(&format!("html/auto-{name}.html"), url);
        let best = proposed(&page, Vec::new());
        assert_eq!(best.list, Some(1));
        assert_eq!(best.block.layout, None);
        for choice in &best.choices {
            let taken = proposed_list(&page, Vec::new(), Some(choice.number)).unwrap();
            assert_eq!(taken.list, Some(choice.number));
            assert_eq!(
                taken.items.len(),
                choice.records,
                "{name} {}",
                choice.number
            );
            assert_eq!(taken.items[0].title, choice.items[0].title);
            let is_less = |problem: &Problem| matches!(problem, Problem::ReadsLess { .. });
            assert!(!taken.problems.iter().any(is_less));
            assert_eq!(taken.block.layout, choice.listed.layout);
            let shown = taken.block.to_string();
            assert_eq!(
                shown.contains("\nlayout "),
                !shown.contains("\nselect.item "),
                "{shown}"
            );
        }
        let first = proposed_list(&page, Vec::new(), Some(1)).unwrap();
        assert_eq!(first.block.layout.is_some(), is_by_layout, "{name}");
        let titles = |proposal: &SourceProposal| -> Vec<String> {
            proposal
                .items
                .iter()
                .map(|item| item.title.clone())
                .collect()
        };
        assert_eq!(titles(&first), titles(&best));
    }
}

#[test]
fn what_a_script_of_the_page_holds_goes_before_its_menu() {
    let page = document("html/auto-next-data.html", "https://defesa.example/");
    let best = proposed(&page, Vec::new());
    assert_eq!((&best.found, best.list), (&FoundKind::Script, Some(1)));
    let menu = proposed_list(&page, Vec::new(), Some(2)).unwrap();
    assert_eq!(menu.found, FoundKind::List);
    assert_eq!(menu.items[0].title, "Início");
}

#[test]
fn a_list_that_is_not_there_is_refused_with_how_many_there_are() {
    let page = document("html/auto-views.html", "https://www.office.example/en/news");
    let lists = proposed(&page, Vec::new()).choices.len();
    let refused = |page: &Document| {
        proposed_list(page, Vec::new(), Some(99))
            .map(|_| ())
            .unwrap_err()
    };
    assert_eq!(
        refused(&page),
        DiscoverError::NoSuchList { list: 99, lists }
    );
    let feed = document("feed/rss2-basic.xml", "https://consejo.gob.pa/rss.xml");
    let told = refused(&feed).to_string();
    assert_eq!(
        told,
        "there is no list 99: the document has no lists to choose from"
    );
}

#[test]
fn a_feed_goes_before_the_lists_of_its_page() {
    let url = "https://www.office.example/en/news";
    let page = document("html/auto-views.html", url);
    let entries = proposed(&page, Vec::new()).items;
    let mut feed = "<rss version=\"2.0\"><channel><title>Office</title>".to_owned();
    for item in &entries {
        let address = item.address.as_ref().unwrap();
        write!(
            feed,
            "<item><title>{}</title><link>{address}</link></item>",
            item.title
        )
        .unwrap();
    }
    let feed = Document {
        body: format!("{feed}</channel></rss>").into(),
        ..document("feed/rss2-basic.xml", "https://www.office.example/feed")
    };
    let feeds = || vec![("https://www.office.example/feed", feed.clone())];
    let best = proposed(&page, feeds());
    assert!(best.found.is_feed());
    assert_eq!((best.list, best.choices[0].number), (None, 1));
    let first = proposed_list(&page, feeds(), Some(1)).unwrap();
    assert_eq!(first.found, FoundKind::List);
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
        let around = DiscoverContext {
            taken: &taken,
            zone: chrono_tz::UTC,
            list: None,
        };
        let location = Location::Http(PublicUrl::new(page.url.clone()));
        let proposed = find_page_leads(&page)
            .and_then(|leads| propose_source(&location, &page, &leads, &[], around));
        assert!(proposed.is_err(), "{body:?}");
    }
}
