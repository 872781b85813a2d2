//! The first run on a fresh machine: the bundled samples become feeds, and no file is touched by the next run.

use chrono::NaiveDate;

use crate::support::{Workspace, read_text};

/// The contents of a notice in the bundled text: its day, title and summary.
type Notice = (NaiveDate, String, String);

/// Parses the bundled text by hand: its non-blank lines are a date, a title and a summary in turn.
fn bundled(workspace: &Workspace) -> Vec<Notice> {
    let text = read_text(&workspace.path("config/samples/iom-labour-migration-2021.txt"));
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let day = |line: &str| NaiveDate::parse_from_str(line, "%d %B, %Y").unwrap();
    let notices = lines.chunks(3);
    notices
        .map(|notice| (day(&notice[0]), notice[1].clone(), notice[2].clone()))
        .collect()
}

#[test]
fn ten_bulletins_become_ten_stories_with_two_reports_each() {
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    // All formats agree, or `stories` fails.
    let stories = workspace.published().stories("labour-migration");
    let told: Vec<Notice> = stories
        .iter()
        .map(|story| {
            let day = story.published.date_naive();
            (day, story.title.clone(), story.text.clone())
        })
        .collect();
    let expected = bundled(&workspace);
    assert_eq!(told, expected);
    let ends = [expected[0].0.to_string(), expected[9].0.to_string()];
    assert_eq!(ends, ["2021-06-28", "2021-03-12"]);
    for story in &stories {
        let twins = ["iom-mesoamerica-page", "iom-mesocaribe-text"];
        assert_eq!(story.reports, twins, "{}", story.title);
        let midnight = format!("{}T00:00:00-06:00", story.published.date_naive());
        assert_eq!(story.published.to_rfc3339(), midnight);
    }
}

#[test]
fn the_other_sample_fills_topics_by_its_words() {
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    let disasters = workspace.published().stories("climate-and-disasters");
    assert_eq!(disasters.len(), 1);
    assert!(disasters[0].title.starts_with("Tormenta tropical"));
    assert_eq!(disasters[0].reports, ["notices-es"]);
    let trafficking = workspace.published().stories("trafficking-and-smuggling");
    assert!(
        trafficking[0]
            .text
            .contains("a quién llamar, de día y de noche")
    );
}

/// No. 24 has the same words as no. 23.
#[test]
fn two_bulletins_that_differ_only_in_number_are_two_stories() {
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    let bulletin = |number: u32| {
        let address = format!("https://observatorio.example/avisos/2021/06/boletin-{number}");
        let told = workspace.run(&["explain", "item", &address, "--json"]);
        told.done().json().as_array().unwrap()[0].clone()
    };
    let [one, other] = [23, 24].map(bulletin);
    assert_ne!(one["story"], other["story"]);
    let mut refused = [&one, &other]
        .into_iter()
        .filter(|told| !told["refused"].is_null());
    assert_eq!(refused.next().unwrap()["refused"]["by"], "number");
}

#[test]
fn a_run_ends_by_naming_the_feeds() {
    let workspace = Workspace::with_samples();
    let ran = workspace.run(&["once"]).well();
    let names = workspace.published().names();
    let topics: Vec<_> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".atom"))
        .collect();
    assert_eq!(topics.len(), 14);
    for topic in topics {
        let path = format!("feeds/{topic}.atom");
        assert!(ran.stdout.contains(&path), "{path}");
    }
    let last = ran.stdout.trim_end().lines().last().unwrap();
    assert!(last.contains("feeds/index.html"), "{last}");
    let counted = "iom-mesocaribe-text: 10 new";
    assert!(ran.stdout.contains(counted), "{}", ran.stdout);
}

#[test]
fn further_runs_touch_no_file() {
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    let before = workspace.published().files();
    let names = workspace.published().names();
    for name in ["index.html", "index.opml", "labour-migration.html"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    let folder = || {
        workspace
            .path("feeds")
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
    };
    let folder_before = folder();
    let second = workspace.run(&["once"]).well();
    assert_eq!(second.stdout, "");
    let second = workspace.run(&["once", "--json"]).well().json();
    assert_eq!(second["sources"], serde_json::json!([]));
    workspace.published().files().are_untouched_since(&before);
    let all = workspace.run(&["once", "--all"]).well();
    assert!(all.stdout.contains("iom-mesocaribe-text: 0 new"));
    let quiet = workspace.run(&["once", "--all", "--quiet"]).well();
    assert_eq!(quiet.stdout, "");
    workspace.published().files().are_untouched_since(&before);
    assert_eq!(folder(), folder_before);
}

#[test]
fn the_working_directory_does_not_matter() {
    let workspace = Workspace::with_samples();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = workspace.path("config/tidings.toml");
    let once = |arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        let ended = command.current_dir(&elsewhere).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    };
    once(&["once", "--config", config.to_str().unwrap()]);
    let before = workspace.published().files();
    assert_eq!(workspace.published().stories("labour-migration").len(), 10);
    workspace.run(&["once", "--all"]).well();
    once(&["once", "--all", "-c", config.to_str().unwrap()]);
    workspace.published().files().are_untouched_since(&before);
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
}
