//! Nothing is lost, nothing is half published, ids are permanent: the program is killed at every kind of moment,
//! again and again, while its sources continue to publish.

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Answer, NEWS, Running, Server, Workspace, day, notices, rss, source, titles};

/// The number of times that each kind of moment must be hit.
const KILLS: usize = 5;
/// Notices of a round. The next round's replace them: anything that is not stored by then is lost.
const BATCH: usize = 4;
/// The capacity of a feed: a moment that was not hit by then is given up.
const MAX_ISSUED: usize = 500;

/// The moment to kill the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Started,
    Asked,
    Answered,
    Committing,
    Staging,
    Replacing,
}

impl Moment {
    /// Returns the longest delay after which the run usually still exists.
    fn longest_wait(self, run: usize) -> usize {
        match self {
            Self::Started => run,
            Self::Asked | Self::Answered => run / 2,
            Self::Committing | Self::Staging | Self::Replacing => 1 + run / 10,
        }
    }
}

const MOMENTS: [Moment; 6] = [
    Moment::Started,
    Moment::Asked,
    Moment::Answered,
    Moment::Committing,
    Moment::Staging,
    Moment::Replacing,
];

/// A linear congruential generator (Knuth's MMIX): the same moments in every run, as far as the machine repeats
/// itself.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Two publishers who report the same notices, and the progress of their answers.
struct Press {
    server: Server,
    issued: usize,
    answered: Arc<AtomicUsize>,
    current: Arc<Mutex<[String; 2]>>,
}

impl Press {
    fn new() -> Self {
        let press = Self {
            server: Server::start(),
            issued: 0,
            answered: Arc::default(),
            current: Arc::default(),
        };
        for (number, path) in ["/one", "/two"].into_iter().enumerate() {
            let (current, answered) = (Arc::clone(&press.current), Arc::clone(&press.answered));
            press.server.route(path, move |request| {
                let answered = Arc::clone(&answered);
                let body = current.lock().unwrap()[number].clone();
                Answer::versioned(request, &body)
                    .and_then(move || _ = answered.fetch_add(1, Ordering::SeqCst))
            });
        }
        press
    }

    fn configuration(&self) -> String {
        let (one, two) = (self.server.url("/one"), self.server.url("/two"));
        format!("{NEWS}{}{}", source("one", &one), source("two", &two))
    }

    /// Replaces the notices with the next ones.
    fn issue(&mut self) {
        let numbers = self.issued..self.issued + BATCH;
        self.issued = numbers.end;
        let one = notices(numbers, day(0));
        let mut two = one.clone();
        for notice in &mut two {
            notice.guid.insert_str(0, "reprint-");
        }
        *self.current.lock().unwrap() = [rss(&one), rss(&two)];
    }

    fn titles(&self) -> Vec<String> {
        let all = notices(0..self.issued, day(0)).into_iter();
        all.map(|notice| notice.title).collect()
    }
}

fn start(workspace: &Workspace) -> Running {
    workspace.start(&["once", "--all", "--now", &day(0).to_rfc3339()])
}

/// Lets a run continue for that many checks of it.
fn watch(run: &mut Running, looks: usize) {
    for _ in 0..looks {
        if !run.is_alive() {
            break;
        }
        thread::yield_now();
    }
}

/// Returns the number of checks in a whole run: the least of several, because the first run loads the program from
/// disk.
fn length(workspace: &Workspace) -> usize {
    let looks = |_| {
        let mut run = start(workspace);
        let looks = iter::from_fn(|| run.is_alive().then(thread::yield_now)).count();
        run.finish().well();
        looks
    };
    (0..3).map(looks).min().unwrap()
}

/// Returns the files in the hidden folder, which no reader sees.
fn staged(workspace: &Workspace) -> Vec<PathBuf> {
    // A path that is missing, not a folder, or removed meanwhile is empty.
    let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = inside(workspace.path("feeds")).map(|entry| entry.path());
    let hidden = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.as_encoded_bytes()[0] == b'.')
    };
    entries
        .filter(hidden)
        .flat_map(inside)
        .map(|entry| entry.path())
        .collect()
}

/// Starts a run and kills it at `moment` or some checks later. Returns false if it ended before.
fn killed(workspace: &Workspace, press: &Press, moment: Moment, later: usize) -> bool {
    let changed = |name: &str| {
        let path = workspace.path(name);
        let look = move || fs::metadata(&path).and_then(|file| file.modified()).ok();
        let before = look();
        move || look() != before
    };
    let (asked, answered) = (press.server.requests().len(), &press.answered);
    let already = answered.load(Ordering::SeqCst);
    let committing = changed("var/tidings.db-wal");
    let replacing = changed("feeds/news.rss");
    let mut run = start(workspace);
    let lives = run.lives_until(|| match moment {
        Moment::Started => true,
        Moment::Asked => press.server.requests().len() > asked,
        Moment::Answered => answered.load(Ordering::SeqCst) > already,
        Moment::Committing => committing(),
        Moment::Staging => !staged(workspace).is_empty(),
        Moment::Replacing => replacing(),
    });
    watch(&mut run, later);
    lives && run.kill()
}

/// Checks every file, and that every story still has the id under which it was first published.
fn check(workspace: &Workspace, ids: &mut BTreeMap<String, String>) {
    for story in workspace.published().whole() {
        let id = ids.entry(story.title.clone()).or_insert(story.id.clone());
        assert_eq!(*id, story.id, "{}", story.title);
    }
}

/// Checks a run that is not killed: in the end every notice is there, once, as a story with two reports.
fn complete(workspace: &Workspace, press: &Press, ids: &mut BTreeMap<String, String>) {
    let mut run = start(workspace);
    while run.is_alive() {
        check(workspace, ids);
    }
    run.finish().well();
    check(workspace, ids);
    assert!(staged(workspace).is_empty(), "something is left over");
    let stories = workspace.published().stories("news");
    let mut told = titles(&stories);
    told.sort_unstable();
    let mut expected = press.titles();
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(stories.iter().all(|story| story.reports.len() == 2));
}

#[test]
fn killed_at_any_moment_nothing_is_lost_repeated_or_torn() {
    let mut press = Press::new();
    press.issue();
    let length = length(&Workspace::new(&press.configuration()));
    let workspace = Workspace::new(&press.configuration());
    let mut random = Random(2021);
    let mut ids = BTreeMap::new();
    for moment in MOMENTS {
        let mut met = 0;
        while met < KILLS {
            for _ in 0..=random.below(2) {
                let later = random.below(2) * random.below(moment.longest_wait(length));
                met += usize::from(killed(&workspace, &press, moment, later));
                check(&workspace, &mut ids);
            }
            complete(&workspace, &press, &mut ids);
            press.issue();
            assert!(press.issued < MAX_ISSUED, "{moment:?}: met {met} times");
        }
    }
}
