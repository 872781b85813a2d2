//! Tests the stored details of entries' pages, and the items that a walk already knows.

use super::*;
use crate::model::{
    EntryDetail, Field, IdentityKey, IdentityKind, RawAuthor, RawEnclosure, RawImage, RawTag,
    RawText,
};

fn whole() -> EntryDetail {
    let text = |text: &str| Some(text.to_owned());
    EntryDetail {
        told: [Field::Content, Field::Date].into(),
        link: text("https://a.example/1"),
        title: Some(RawText::Plain("Bridge <closed>".into())),
        summary: Some(RawText::Unsaid("&lt;p>".into())),
        content: Some(RawText::Html("<p>Closed.".into())),
        base: "https://a.example/".parse().ok(),
        published: text("1 July 2021"),
        updated: text("2 July 2021"),
        event: text("2021-07-09"),
        language: text("en"),
        authors: vec![RawAuthor {
            name: "Ana".into(),
            url: text("/ana"),
        }],
        tags: vec![RawTag {
            name: "roads".into(),
            scheme: text("urn:x"),
        }],
        enclosures: vec![RawEnclosure {
            url: "/1.pdf".into(),
            title: text("Agenda"),
            mime_type: text("application/pdf"),
            length_bytes: None,
            duration: None,
        }],
        image: Some(RawImage {
            url: "/1.png".to_owned(),
            alt: text("A quay"),
            width: text("640"),
            height: None,
        }),
    }
}

fn kept(detail: Option<EntryDetail>, next_try: Option<Timestamp>) -> KeptDetail {
    KeptDetail {
        entry: Hash::digest(b"entry"),
        rules: Hash::digest(b"rules"),
        detail,
        http_status: Some(410),
        tries: 2,
        readings: 1,
        read_at: Some(july(1)),
        next_try,
    }
}

impl Desk {
    /// Commits a poll of `a` on a day in July that lists these addresses, and keeps these details of their pages.
    fn details(
        &self,
        day: u32,
        outcome: PollOutcome,
        listed: &[&str],
        changed: &[(&str, KeptDetail)],
    ) {
        let owned = |(address, kept): &(&str, KeptDetail)| ((*address).to_owned(), kept.clone());
        let details = PollDetails {
            listed: listed.iter().map(|address| (*address).to_owned()).collect(),
            changed: changed.iter().map(owned).collect(),
        };
        let poll = Poll {
            details: Some(details),
            ..poll("a", july(1) + TimeDelta::days(i64::from(day) - 1), outcome)
        };
        self.commit(poll).unwrap();
    }

    fn kept(&self, address: &str) -> Option<KeptDetail> {
        let (source, address) = ("a".parse().unwrap(), vec![address.to_owned()]);
        let mut kept = self.ask(move |reader| reader.kept_details(&source, &address));
        kept.drain().next().map(|(_, kept)| kept)
    }

    fn owed(&self, day: u32) -> usize {
        let source = "a".parse().unwrap();
        self.ask(move |reader| reader.owed_details(&source, july(day)))
            .len()
    }
}

#[test]
fn what_a_page_says_is_kept_as_it_is() {
    let desk = Desk::new();
    let (read, failed) = (kept(Some(whole()), None), kept(None, Some(july(2))));
    let both = [("/1", read.clone()), ("/2", failed.clone())];
    desk.details(1, super::read(Vec::new()), &["/1", "/2"], &both);
    assert_eq!(desk.kept("/1"), Some(read));
    assert_eq!(desk.kept("/2"), Some(failed));
    assert_eq!(desk.kept("/3"), None);
    assert_eq!((desk.owed(1), desk.owed(2)), (0, 1));
}

#[test]
fn what_no_walk_can_reach_is_owed_no_longer() {
    let desk = Desk::new();
    let owed = kept(None, Some(july(2)));
    desk.details(1, super::read(Vec::new()), &["/1"], &[("/1", owed)]);
    desk.details(3, super::failed(SourceFailureKind::Fetch), &["/2"], &[]);
    assert_eq!(desk.owed(3), 1);
    desk.details(3, super::read(Vec::new()), &["/1"], &[]);
    assert_eq!(desk.owed(3), 1);
    desk.details(4, super::read(Vec::new()), &[], &[]);
    assert_eq!(desk.owed(4), 0);
    assert!(desk.kept("/1").is_some());
}

#[test]
fn pages_of_entries_that_are_listed_no_longer_are_forgotten() {
    let desk = Desk::new();
    let both = ["/1", "/2"].map(|address| (address, kept(None, None)));
    desk.details(1, super::read(Vec::new()), &["/1", "/2"], &both);
    desk.details(60, super::read(Vec::new()), &["/2"], &[]);
    assert!(desk.kept("/1").is_some());
    desk.details(100, super::read(Vec::new()), &["/2"], &[]);
    assert_eq!(desk.kept("/1"), None);
    assert!(desk.kept("/2").is_some());
}

fn guid(value: &str) -> IdentityKey {
    IdentityKey {
        kind: IdentityKind::Guid,
        value: value.to_owned(),
    }
}

/// Entries read before a poll broke off do not prove that all further ones are known.
#[test]
fn only_polls_that_went_well_make_entries_known() {
    let desk = Desk::new();
    let known = || {
        let (source, keys) = ("a".parse().unwrap(), ["g1", "g2"].map(guid).into());
        let known = desk.ask(move |reader| reader.known_keys(&source, keys));
        let mut known: Vec<String> = known.into_iter().map(|key| key.value).collect();
        known.sort();
        known
    };
    let walk = || {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.next_walk(&source))
    };
    let (one, two) = ("g1||Bridge closed|2021-06-30", "g2||Ferry late|2021-06-30");
    let cut = |entries: &[&str]| {
        let PollOutcome::Failed { failure, .. } = failed(SourceFailureKind::Fetch) else {
            unreachable!("it failed");
        };
        let items = items("a", 1, entries);
        desk.commit(poll("a", july(1), PollOutcome::Failed { items, failure }))
            .unwrap();
    };
    assert_eq!((walk(), known()), (ListWalk::First, vec![]));
    cut(&[one]);
    assert_eq!((walk(), known()), (ListWalk::First, vec![]));
    desk.read("a", 1, &[one]);
    assert_eq!(
        (walk(), known()),
        (ListWalk::Ordinary, vec!["g1".to_owned()])
    );
    cut(&[one, two]);
    assert_eq!(
        (walk(), known()),
        (ListWalk::CatchingUp, vec!["g1".to_owned()])
    );
    desk.read("a", 1, &[one, two]);
    let both = vec!["g1".to_owned(), "g2".to_owned()];
    assert_eq!((walk(), known()), (ListWalk::Ordinary, both));
}

#[test]
fn a_poll_after_a_pause_is_overdue() {
    let desk = Desk::new();
    let overdue = |at: Timestamp| {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.is_overdue(&source, at))
    };
    assert!(!overdue(july(9)));
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    let hours = |hours| july(1) + TimeDelta::hours(hours);
    assert_eq!([1, 2, 3].map(hours).map(overdue), [false, false, true]);
}
