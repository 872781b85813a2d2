//! The state of everything as a page for people: the most urgent first, each problem with its remedy.
//!
//! In: a [`Status`]. Out: HTML under the same content security policy as the public pages, in English like the
//! log.

use std::cmp::Reverse;

use maud::{DOCTYPE, Markup, html};

use super::admin::DaemonStatus;
use crate::model::Timestamp;
use crate::store::{ProblemState, SourceCondition, SourcePresence, SourceStatus};

/// An addition to the public pages' style sheet.
pub(super) const STYLE: &str = include_str!("status.css");

/// Every state in the order of its urgency.
const STATES: [SourceCondition; 6] = [
    SourceCondition::Failing,
    SourceCondition::Drifted,
    SourceCondition::Held,
    SourceCondition::Gone,
    SourceCondition::New,
    SourceCondition::Ok,
];

pub(super) fn render_status_page(status: &DaemonStatus) -> Markup {
    let mut sources: Vec<&SourceStatus> = status.sources.iter().collect();
    // The sort is stable: equals stay in the order of the configuration.
    sources.sort_by_key(|source| {
        let failures = Reverse(source.known.consecutive_failures);
        (group_of(source), source_urgency(source), failures)
    });
    let of = |group: SourceGroup| {
        let members = sources.iter().copied();
        let members: Vec<_> = members.filter(|one| group_of(one) == group).collect();
        members
    };
    let unwell = of(SourceGroup::Attention);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (format_headline(unwell.len())) " · tidings" }
                link rel="stylesheet" href="style.css";
                link rel="stylesheet" href="status.css";
            }
            body {
                (render_masthead(status, unwell.len()))
                main {
                    (render_problems(&status.problems))
                    (render_refused(&status.refused))
                    (render_restart_due(&status.restart_due))
                    (render_group("Want attention", &unwell))
                    (render_group("Notes: nothing needs to be done", &of(SourceGroup::Noted)))
                    (render_group("Others", &of(SourceGroup::Well)))
                }
            }
        }
    }
}

/// A group of sources on the page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SourceGroup {
    /// Sources that need action.
    Attention,
    /// Sources with something to note.
    Noted,
    Well,
}

fn group_of(source: &SourceStatus) -> SourceGroup {
    let is_well = matches!(
        source.known.state,
        SourceCondition::New | SourceCondition::Ok
    );
    if source.wants_attention {
        SourceGroup::Attention
    } else if source.known.problem.is_some() || !is_well {
        SourceGroup::Noted
    } else {
        SourceGroup::Well
    }
}

fn source_urgency(source: &SourceStatus) -> Option<usize> {
    STATES.iter().position(|state| *state == source.known.state)
}

fn format_headline(unwell: usize) -> String {
    match unwell {
        0 => "No source wants attention".to_owned(),
        1 => "1 source wants attention".to_owned(),
        _ => format!("{unwell} sources want attention"),
    }
}

fn render_masthead(status: &DaemonStatus, unwell: usize) -> Markup {
    let count = |state: &SourceCondition| {
        let of_it = status
            .sources
            .iter()
            .filter(|source| source.known.state == *state);
        (*state, of_it.count())
    };
    html! {
        header .masthead {
            h1 { (format_headline(unwell)) }
            p .facts {
                (count_configured(status)) " configured"
                @for (state, count) in STATES.iter().map(count).filter(|(_, count)| *count > 0) {
                    " · " (count) " " (state.as_str())
                }
                " · configuration read " (render_time(status.configured_at))
            }
            div .subscribe {
                ul .feeds aria-label="For programs" {
                    li { a href="status.json" { "JSON" } }
                    li { a href="metrics" { "Metrics" } }
                    li { a href="healthz" { "Health" } }
                }
                form method="post" action="reload" {
                    button { "Read the configuration again" }
                }
            }
        }
    }
}

fn render_problems(problems: &[ProblemState]) -> Markup {
    html! {
        @if !problems.is_empty() {
            section .refused {
                h2 { "The database and the published folder" }
                @for problem in problems {
                    p .problem { (problem.text) }
                    p .action { (problem.action) }
                    p .facts { (problem.code) " · since " (render_time(problem.since)) }
                }
            }
        }
    }
}

/// Counts the sources in the files.
fn count_configured(status: &DaemonStatus) -> usize {
    let sources = status.sources.iter();
    let present = sources.filter(|source| source.known.presence == SourcePresence::Configured);
    present.count()
}

fn render_refused(lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            section .refused {
                h2 { "The changed configuration was refused" }
                p { "The one before it stays in force. Correct this, then reload:" }
                pre { @for line in lines { (line) "\n" } }
            }
        }
    }
}

fn render_restart_due(keys: &[String]) -> Markup {
    html! {
        @if !keys.is_empty() {
            section {
                h2 { "A restart is due" }
                p { "These keys have values that count from the next start on: " (keys.join(", ")) }
            }
        }
    }
}

fn render_group(title: &str, sources: &[&SourceStatus]) -> Markup {
    html! {
        @if !sources.is_empty() {
            section .group {
                h2 { (title) }
                @for source in sources { (render_source(source)) }
            }
        }
    }
}

fn render_source(source: &SourceStatus) -> Markup {
    let known = &source.known;
    let state = known.state.as_str();
    html! {
        article .source id=(source.id) {
            h3 { (source.id) " " span .state .(state) { (state) } }
            @if let Some(problem) = &known.problem {
                p .problem { (problem.text) }
                p .action { (problem.action) }
            }
            p .facts { (render_facts(source)) }
        }
    }
}

fn render_facts(source: &SourceStatus) -> Markup {
    let known = &source.known;
    html! {
        (known.items) @if known.items == 1 { " item" } @else { " items" }
        @if let Some(problem) = &known.problem { " · since " (render_time(problem.since)) }
        @if known.consecutive_failures > 0 { " · failures: " (known.consecutive_failures) }
        " · last success " @if let Some(at) = known.last_success { (render_time(at)) } @else { "never" }
        @if let Some(at) = known.next_poll { " · next poll " (render_time(at)) }
    }
}

fn render_time(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339()) { (at.format("%Y-%m-%d %H:%M UTC")) } }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::store::SourceState;

    fn source(
        id: &str,
        state: SourceCondition,
        failures: u32,
        problem: Option<(&str, &str)>,
    ) -> SourceStatus {
        let problem = problem.map(|(code, text)| ProblemState {
            code: code.into(),
            since: DateTime::UNIX_EPOCH,
            text: text.into(),
            action: "write to them".into(),
        });
        let known = SourceState {
            state,
            problem,
            consecutive_failures: failures,
            ..SourceState::never_polled()
        };
        SourceStatus::new(id.into(), known)
    }

    fn page(sources: Vec<SourceStatus>, refused: Vec<String>) -> String {
        page_with(sources, refused, Vec::new())
    }

    fn page_with(
        sources: Vec<SourceStatus>,
        refused: Vec<String>,
        problems: Vec<ProblemState>,
    ) -> String {
        let status = DaemonStatus {
            sources,
            problems,
            store: "var/tidings.db".into(),
            refused,
            configured_at: DateTime::UNIX_EPOCH,
            restart_due: vec!["[server] listen".into()],
        };
        render_status_page(&status).into_string()
    }

    #[test]
    fn what_wants_attention_comes_first_with_what_to_do() {
        let page = page(
            vec![
                source("fine", SourceCondition::Ok, 0, None),
                source(
                    "left-out",
                    SourceCondition::Ok,
                    0,
                    Some(("left-out", "an entry without a title")),
                ),
                source(
                    "once",
                    SourceCondition::Failing,
                    1,
                    Some(("http-503", "answered 503")),
                ),
                source(
                    "lost",
                    SourceCondition::Failing,
                    1,
                    Some(("http-404", "<b> answered 404")),
                ),
                source("young", SourceCondition::New, 0, None),
                source(
                    "often",
                    SourceCondition::Failing,
                    9,
                    Some(("unreachable", "no answer")),
                ),
                source(
                    "flood",
                    SourceCondition::Held,
                    0,
                    Some(("held", "20 new items are held back")),
                ),
            ],
            Vec::new(),
        );
        let order = [
            "often", "lost", "flood", "Notes:", "once", "left-out", "Others", "young", "fine",
        ];
        let places = order.map(|name| {
            let id = page.find(&format!("id=\"{name}\""));
            let heading = page.find(&format!("<h2>{name}"));
            id.or(heading).unwrap()
        });
        assert!(places.is_sorted(), "{order:?} stand at {places:?}");
        assert!(page.contains("<h1>3 sources want attention</h1>"));
        assert!(page.contains(r#"<p class="problem">&lt;b&gt; answered 404</p>"#));
        assert!(page.contains(r#"<p class="action">write to them</p>"#));
    }

    #[test]
    fn a_refused_configuration_is_shown_whole() {
        let line = "tidings.toml:3:1: unknown key `lsten`".to_owned();
        let page = page(
            vec![source("fine", SourceCondition::Ok, 0, None)],
            vec![line.clone()],
        );
        assert!(page.contains("was refused"));
        assert!(page.contains("count from the next start on: [server] listen<"));
        assert!(page.contains(&line));
        assert!(page.contains("<h1>No source wants attention</h1>"));
    }

    #[test]
    fn what_is_wrong_with_the_database_is_shown_with_what_to_do() {
        let problem = ProblemState {
            code: "disk-full".into(),
            since: DateTime::UNIX_EPOCH,
            text: "nothing can be stored in <var>".into(),
            action: "free some space there".into(),
        };
        let page = page_with(Vec::new(), Vec::new(), vec![problem]);
        assert!(page.contains("nothing can be stored in &lt;var&gt;"));
        assert!(page.contains("free some space there"));
        assert!(page.contains("disk-full · since"));
    }
}
