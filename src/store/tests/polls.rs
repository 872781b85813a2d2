//! Tests what a poll stores in addition to items, that it commits atomically, and who may open the store.

use std::fs::File;
use std::io::Read as _;

use futures_util::future::{join, join_all};

use super::*;
use crate::model::Layout;

#[test]
fn a_sources_state_is_that_of_its_last_poll() {
    let desk = Desk::new();
    assert_eq!(desk.source("a"), SourceState::never_polled());
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    for day in [2, 3] {
        desk.commit(poll("a", july(day), failed(SourceFailureKind::Drift)))
            .unwrap();
    }
    let failing = desk.source("a");
    assert_eq!(
        (failing.state, failing.consecutive_failures),
        (SourceCondition::Drifted, 2)
    );
    assert_eq!(failing.problem.unwrap().since, july(2));
    assert_eq!(
        (failing.last_success, failing.last_attempt),
        (Some(july(1)), Some(july(3)))
    );
    assert!(failing.next_poll > Some(july(3)));
    let left_out = PollOutcome::Read {
        items: items("a", 4, &["g2||Ferry late|2021-07-04"]),
        validators: Vec::new(),
        problem: Some(SourceProblem {
            code: crate::model::ProblemCode::LeftOut,
            text: "entry 2 says nothing".into(),
            action: "look".into(),
        }),
        drift: None,
        shape: None,
        walked_back: false,
        coverage: ListCoverage::Whole,
    };
    desk.commit(poll("a", july(4), left_out)).unwrap();
    desk.commit(poll("a", july(5), PollOutcome::Unchanged))
        .unwrap();
    let ok = desk.source("a");
    assert_eq!(
        (ok.state, ok.consecutive_failures, ok.items),
        (SourceCondition::Ok, 0, 2)
    );
    assert_eq!(ok.problem.unwrap().since, july(4));
    assert_eq!(ok.last_error.as_deref(), Some("no answer"));
}

#[test]
fn validators_are_kept_as_long_as_they_are_true() {
    let desk = Desk::new();
    let fingerprint = Hash::digest(b"selectors");
    let validators = Validators {
        etag: Some("\"1\"".into()),
        last_modified: Some("Thu, 01 Jul 2021 12:00:00 GMT".into()),
        body_hash: Some(Hash::digest(b"body")),
        whole_at: Some(july(1)),
    };
    let held_at = |fingerprint: Hash, at: Timestamp| {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.validators(&source, fingerprint, at))
    };
    let held = |fingerprint: Hash| held_at(fingerprint, july(1));
    let read = |urls: &[&str]| {
        let validators = urls
            .iter()
            .map(|url| ((*url).to_owned(), validators.clone(), fingerprint));
        let outcome = PollOutcome::Read {
            items: Vec::new(),
            validators: validators.collect(),
            problem: None,
            drift: None,
            shape: None,
            walked_back: false,
            coverage: ListCoverage::Whole,
        };
        desk.commit(poll("a", july(1), outcome)).unwrap();
    };
    read(&["https://a.example/1", "https://a.example/2"]);
    assert_eq!(held(fingerprint).len(), 2);
    assert_eq!(held(Hash::digest(b"other selectors")).len(), 0);
    read(&["https://a.example/1"]);
    assert_eq!(
        held(fingerprint),
        [(Hash::digest(b"https://a.example/1"), validators.clone())].into()
    );
    // A day later the request is unconditional.
    let unconditional = Validators {
        body_hash: validators.body_hash,
        ..Validators::default()
    };
    assert_eq!(
        held_at(fingerprint, july(2)),
        [(Hash::digest(b"https://a.example/1"), unconditional)].into()
    );
    let renewed = Validators {
        etag: Some("\"2\"".into()),
        ..validators.clone()
    };
    read(&["https://a.example/1", "https://a.example/2"]);
    let other = ("https://a.example/1".to_owned(), renewed, fingerprint);
    desk.commit(poll("a", july(1), PollOutcome::Renewed(vec![other])))
        .unwrap();
    let etags = |url: &str| {
        held(fingerprint)[&Hash::digest(url.as_bytes())]
            .etag
            .clone()
    };
    assert_eq!(etags("https://a.example/1").as_deref(), Some("\"2\""));
    assert_eq!(etags("https://a.example/2").as_deref(), Some("\"1\""));
    for (outcome, kept) in [
        (PollOutcome::Unchanged, 1),
        (failed(SourceFailureKind::Fetch), 1),
        (failed(SourceFailureKind::Extraction), 0),
        (failed(SourceFailureKind::Drift), 0),
        (failed(SourceFailureKind::Gone), 0),
    ] {
        read(&["https://a.example/1"]);
        let shown = format!("{outcome:?}");
        desk.commit(poll("a", july(2), outcome)).unwrap();
        assert_eq!(held(fingerprint).len(), kept, "{shown}");
    }
}

/// Commits `polls` while they all wait for the same lock; returns the result of each, and the number of transactions.
fn commit_together(
    desk: &Desk,
    polls: Vec<Poll>,
) -> (Vec<Result<CommittedPoll, StoreError>>, usize) {
    let blocker = desk.connection();
    blocker
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE")
        .unwrap();
    let commits = join_all(polls.into_iter().map(|poll| desk.store.commit(poll)));
    let release = async { blocker.execute_batch("ROLLBACK").unwrap() };
    let (committed, ()) = desk.wait(join(commits, release));
    let log = File::open(desk.folder.path().join("tidings.db-wal")).unwrap();
    (committed, transactions(log))
}

/// Counts the frames of the log that end a transaction: those that give the size of the database (the file format,
/// §4.1).
fn transactions(mut log: File) -> usize {
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes).unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let (head, frames) = bytes.split_at(32);
    let frame = 24 + number(&head[8..12]) as usize;
    let ends = |frame: &&[u8]| number(&frame[4..8]) != 0 && frame[8..16] == head[16..24];
    frames.chunks_exact(frame).filter(ends).count()
}

#[test]
fn polls_that_wait_share_a_transaction() {
    let desk = Desk::new();
    let polls = (0..40).map(|n| {
        let entry = format!("g{n}||Notice {n}|2021-06-30");
        poll("a", july(1), read(items("a", 1, &[&entry])))
    });
    let (committed, transactions) = commit_together(&desk, polls.collect());
    assert!(committed.iter().all(|one| one.as_ref().unwrap().new == 1));
    assert_eq!(desk.live("all").len(), 40);
    // The writer may have started on the first before the others arrived.
    assert!((1..=2).contains(&transactions), "{transactions}");
}

#[test]
fn a_poll_that_fails_leaves_nothing_and_harms_no_other() {
    let desk = Desk::new();
    let bridge = |source: &str| {
        let entry = format!("|https://{source}.example/|Bridge closed {source}|2021-06-30");
        poll(source, july(1), read(items(source, 1, &[&entry])))
    };
    let trouble = "CREATE TRIGGER trouble BEFORE INSERT ON item WHEN new.title = 'Second'
                   BEGIN SELECT RAISE(ABORT, 'a bad sector'); END";
    desk.connection().execute_batch(trouble).unwrap();
    let entries = ["g1||First|2021-06-30", "g2||Second|2021-06-30"];
    let polls = vec![
        bridge("a"),
        poll("b", july(1), read(items("b", 1, &entries))),
        bridge("c"),
        bridge("unknown"),
    ];
    let (committed, _) = commit_together(&desk, polls);
    let done: Vec<bool> = committed.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, true, false]);
    desk.check(&["Bridge closed a [a]", "Bridge closed c [c]"]);
    assert_eq!(desk.source("b"), SourceState::never_polled());
}

#[test]
fn a_job_that_panics_leaves_the_writer_at_work() {
    let desk = Desk::new();
    let broken = Definition {
        names: FormerNames::default(),
        narrow: Box::new(|_, _| panic!("a mistake of ours")),
        ..definition([100; 3], &["all", "ferries"])
    };
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    let error = desk
        .wait(desk.store.define(broken, Consent::Given))
        .unwrap_err();
    assert!(matches!(error, StoreError::Panicked), "{error}");
    desk.read("a", 2, &["g2||Ferry late|2021-06-30"]);
    assert_eq!(desk.live("floods").len(), 0);
    assert_eq!(desk.live("all").len(), 2);
}

#[test]
fn a_transaction_that_does_not_reach_the_disk_says_why() {
    let desk = Desk::new();
    let trouble = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
                   CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
                   CREATE TRIGGER trouble AFTER INSERT ON item BEGIN INSERT INTO child VALUES (1); END";
    desk.connection().execute_batch(trouble).unwrap();
    let bridge = || {
        let entries = ["g1||Bridge closed|2021-06-30"];
        poll("a", july(1), read(items("a", 1, &entries)))
    };
    let error = desk.commit(bridge()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(matches!(error, StoreError::NotDurable(_)), "{error}");
    assert_eq!(cause, "FOREIGN KEY constraint failed");
    desk.connection()
        .execute_batch("DROP TRIGGER trouble")
        .unwrap();
    assert_eq!(desk.commit(bridge()).unwrap().new, 1);
}

#[test]
fn a_second_writer_is_told_who_is_first() {
    let desk = Desk::new();
    let refused = open(&desk.folder).unwrap_err();
    let StoreError::Locked { process, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*process, std::process::id().to_string());
    let Desk { folder, store, .. } = desk;
    drop(store);
    open(&folder).unwrap();
}

#[test]
fn a_lock_file_that_is_deleted_lets_no_second_writer_in() {
    let desk = Desk::new();
    std::fs::remove_file(desk.folder.path().join("tidings.db.lock")).unwrap();
    let database = File::open(desk.folder.path().join("tidings.db")).unwrap();
    assert!(database.try_lock_shared().is_err());
    // Readers take no such lock.
    assert_eq!(desk.ask(StoreReader::configured_feeds).len(), 2);
    let Desk { store, .. } = desk;
    drop(store);
    database.try_lock_shared().unwrap();
}

#[test]
fn a_database_that_is_taken_away_is_not_written() {
    let desk = Desk::new();
    let path = desk.folder.path().join("tidings.db");
    let elsewhere = desk.folder.path().join("elsewhere.db");
    let bridge = || {
        let entries = ["g1||Bridge closed|2021-06-30"];
        poll("a", july(1), read(items("a", 1, &entries)))
    };
    std::fs::rename(&path, &elsewhere).unwrap();
    let fault = || desk.commit(bridge()).unwrap_err().fault();
    assert_eq!(fault(), Some(StoreFault::Removed));
    File::create(&path).unwrap();
    assert_eq!(fault(), Some(StoreFault::Replaced));
    // An empty file is not enough to recover.
    assert!(desk.wait(desk.store.probe(None)).is_err());
    std::fs::rename(&elsewhere, &path).unwrap();
    let probed = desk.wait(desk.store.probe(Some(StoreFault::Replaced)));
    assert_eq!(probed.unwrap(), ProbeResult::Well);
    assert_eq!(desk.commit(bridge()).unwrap().new, 1);
}

#[test]
fn the_pace_of_a_source_holds_when_its_poll_is_not_stored() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    let pace = desk.ask(|reader| reader.source_pace(&"a".parse().unwrap()));
    let next = |outcome| poll("a", july(2), outcome).next_if_not_stored(pace) - july(2);
    assert_eq!(next(read(Vec::new())), TimeDelta::hours(1));
    let PollOutcome::Failed { items, mut failure } = failed(SourceFailureKind::Fetch) else {
        panic!();
    };
    failure.retry_after = Some(Duration::from_hours(3));
    assert_eq!(
        next(PollOutcome::Failed { items, failure }),
        TimeDelta::hours(3)
    );
}

#[test]
fn what_was_committed_is_there_when_the_store_is_opened_again() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    let before = desk.live("all");
    let desk = desk.closed().open();
    assert_eq!(desk.live("all"), before);
    assert_eq!(
        desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]),
        [0, 0, 0]
    );
}

/// A copy of the database made while no process uses it is complete.
#[test]
fn a_store_that_is_closed_is_one_file() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    desk.check(&["Bridge closed [a]"]);
    let Desk { folder, store, .. } = desk;
    drop(store);
    let log = folder.path().join("tidings.db-wal");
    assert!(!log.exists(), "{:?}", log.metadata());
}

#[cfg(unix)]
#[test]
fn whoever_may_not_write_may_look() {
    use std::os::unix::fs::PermissionsExt as _;

    let desk = Desk::new();
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    let Desk { folder, store, .. } = desk;
    drop(store);
    let permit = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path(), permissions).unwrap();
    };
    permit(0o555);
    if File::create(folder.path().join("probe")).is_ok() {
        eprintln!("skipped: this user writes everywhere");
        return;
    }
    let sources = inspect_store(
        &folder.path().join("tidings.db"),
        StoreReader::source_states,
    );
    permit(0o755);
    let a = "a".parse().unwrap();
    assert_eq!(sources.unwrap().unwrap()[&a].items, 1);
}

#[test]
fn a_newer_store_is_left_alone() {
    let desk = Desk::new();
    let connection = desk.connection();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let Desk { folder, store, .. } = desk;
    drop(store);
    let newer = |error: &StoreError| matches!(error, StoreError::Newer { found: 99, .. });
    assert!(newer(&open(&folder).unwrap_err()));
    let path = folder.path().join("tidings.db");
    assert!(newer(
        &inspect_store(&path, StoreReader::configured_feeds).unwrap_err()
    ));
}

#[test]
fn looking_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    assert_eq!(
        inspect_store(&path, StoreReader::configured_feeds).unwrap(),
        None
    );
    assert!(!path.exists());
    // A folder that cannot be read does not prove that the file is missing.
    let beyond = path.join("tidings.db");
    File::create(&path).unwrap();
    let error = inspect_store(&beyond, StoreReader::configured_feeds).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
}

#[test]
fn a_poll_that_was_classified_by_what_is_no_longer_in_force_is_classified_anew() {
    let desk = Desk::new();
    let commit = |source: &str, classified_by: &[u8]| {
        let mut items = items(source, 1, &["g1||Flood at the bridge|2021-06-30"]);
        items[0].topics.clear();
        desk.commit(Poll {
            classified_by: Hash::digest(classified_by),
            ..poll(source, july(1), read(items))
        })
        .unwrap();
    };
    commit("a", b"key");
    assert_eq!(desk.live("floods").len(), 0);
    commit("b", b"what was in force before");
    assert_eq!(desk.live("floods").len(), 1);
}

/// A changed block forgets the layout. The list in `beside` is accepted at first, and later by an operator.
#[test]
fn a_layout_is_kept_for_a_block() {
    let desk = Desk::new();
    let layout = |words: &str| words.parse::<Layout>().unwrap();
    let (own, other) = (layout("elements body > ul > li, all"), layout("page"));
    let read_by = |layout: &Layout, beside: Option<&Layout>, day: u32, block: &[u8]| {
        let poll = Poll {
            layout: Some(PollLayouts {
                layout: layout.clone(),
                beside: beside.cloned(),
            }),
            block: Hash::digest(block),
            ..poll("a", july(day), read(Vec::new()))
        };
        desk.commit(poll).unwrap();
    };
    let kept = |block: &[u8]| {
        let (source, block) = ("a".parse().unwrap(), Hash::digest(block));
        let kept = desk.ask(move |reader| reader.kept_layout(&source, block));
        kept.map(|kept| (kept.layout, kept.found_at, kept.accepted))
    };
    assert_eq!(kept(b"one"), None);
    read_by(&own, None, 1, b"one");
    read_by(&other, None, 2, b"one");
    assert_eq!(kept(b"one"), Some((own.clone(), july(1), None)));
    read_by(&own, Some(&other), 3, b"one");
    assert_eq!(kept(b"one"), Some((own.clone(), july(1), None)));
    read_by(&own, Some(&other), 4, b"two");
    assert_eq!(kept(b"one"), None);
    assert_eq!(kept(b"two"), Some((own, july(4), Some(other))));
}

#[test]
fn the_language_of_a_sources_items_is_kept_from_the_first_poll_that_tells_it() {
    const SPANISH: &str =
        "El ministerio informó que las personas que llegan para la cosecha recibirán lo acordado.";
    const ENGLISH: &str =
        "The ministry said that workers who come for the harvest will be paid what was agreed.";
    let desk = Desk::new();
    let usual = || {
        let languages = desk.ask(StoreReader::usual_languages);
        let one = desk.ask(|reader| reader.usual_language(&"a".parse().unwrap()));
        assert_eq!(languages.values().next(), one.as_ref());
        one.map(|language| language.to_string())
    };
    let entries = |text: &str, numbers: std::ops::Range<u32>| -> Vec<String> {
        let entry = |number| format!("g{number}||Aviso {number}|2021-06-30|{text}");
        numbers.map(entry).collect()
    };
    let commit = |day, entries: Vec<String>| {
        desk.commit(poll("a", july(day), read(items("a", day, &entries))))
            .unwrap();
    };
    commit(1, entries(SPANISH, 0..2));
    assert_eq!(usual(), None);
    let mut second = entries(SPANISH, 2..5);
    second.push("g5||Luces|2021-06-30".to_owned());
    commit(2, second);
    assert_eq!(usual().as_deref(), Some("es"));
    commit(3, entries(ENGLISH, 6..12));
    assert_eq!(usual().as_deref(), Some("es"));
    let sql = "SELECT coalesce(language, '') || '~' || coalesce(assumed_language, '') FROM item WHERE title = 'Luces'";
    let held: String = desk
        .connection()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(held, "~es");
}
