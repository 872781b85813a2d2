//! A feed's advice for those who poll it: sentences for people, names for programs.

use std::fmt::{self, Display, Write as _};

use serde_json::{Value, json};
use url::Url;

use crate::model::SubscriptionHints;
use crate::normalize;

/// Characters shown of a statement: a feed may state anything, at any length.
const SHOWN_CHARACTERS: usize = 500;

/// One piece of advice.
pub(super) struct AdviceLine {
    /// Its name in JSON.
    pub(super) name: &'static str,
    pub(super) value: Value,
    sentence: String,
}

impl Display for AdviceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.sentence.chars().filter(|c| !c.is_control());
        shown
            .take(SHOWN_CHARACTERS)
            .try_for_each(|c| f.write_char(c))
    }
}

/// Returns the stated advice, with addresses made absolute against `url`.
pub(super) fn advice_lines(advice: &SubscriptionHints, url: &Url) -> Vec<AdviceLine> {
    let address = |found: &String| {
        normalize::canonical_url(found, url).map_or_else(|| found.clone(), String::from)
    };
    let one = |found: &Option<String>| found.as_ref().map(address);
    let hubs: Vec<String> = advice.hubs.iter().map(address).collect();
    let complete = advice
        .is_complete
        .then_some("it contains all existing entries");
    [
        text_advice(
            "moved_to",
            "it has moved: set `url` to",
            one(&advice.moved_to),
        ),
        text_advice("self", "its own address is", one(&advice.self_link)),
        text_advice("next", "it continues at", one(&advice.next)),
        text_advice(
            "previous_archive",
            "older entries are at",
            one(&advice.previous_archive),
        ),
        complete.map(|told| advice_line("complete", json!(true), told.to_owned())),
        advice.ttl_minutes.map(|minutes| {
            advice_line(
                "ttl_minutes",
                json!(minutes),
                format!("do not ask again within {minutes} minutes"),
            )
        }),
        list_advice(
            "skip_hours",
            "do not ask in these hours of UTC:",
            &advice.skip_hours,
        ),
        list_advice("skip_days", "do not ask on", &advice.skip_days),
        text_advice("update_period", "it changes", advice.update_period.clone()),
        advice.update_frequency.map(|times| {
            advice_line(
                "update_frequency",
                json!(times),
                format!("{times} times in each such period"),
            )
        }),
        text_advice(
            "update_base",
            "periods are counted from",
            advice.update_base.clone(),
        ),
        list_advice("hubs", "hubs that announce changes:", &hubs),
        text_advice("cloud", "a cloud announces changes:", one(&advice.cloud)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn advice_line(name: &'static str, value: Value, sentence: String) -> AdviceLine {
    AdviceLine {
        name,
        value,
        sentence,
    }
}

fn text_advice(name: &'static str, lead: &str, stated: Option<String>) -> Option<AdviceLine> {
    let stated = stated?;
    Some(advice_line(name, json!(stated), format!("{lead} {stated}")))
}

fn list_advice<T: Display + serde::Serialize>(
    name: &'static str,
    lead: &str,
    stated: &[T],
) -> Option<AdviceLine> {
    let told: Vec<String> = stated.iter().map(ToString::to_string).collect();
    (!told.is_empty())
        .then(|| advice_line(name, json!(stated), format!("{lead} {}", told.join(", "))))
}
