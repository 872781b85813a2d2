//! Reads the JSON that a page contains for its own script into raw entries, if its markup has none.
//!
//! In: the page, the base of its relative addresses, the hints for its dates. Out: the list in one of its
//! scripts.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::dates::DateHints;
use crate::extract::json;
use crate::model::{Css, RawEntry};

/// Scripts that contain data.
const DATA: &str = "script#__NEXT_DATA__, script[type='application/json' i]";

/// A list in a script.
pub(super) struct EmbeddedList {
    pub(super) entries: Vec<RawEntry>,
    /// A selector of the script.
    pub(super) script: Option<Css>,
}

/// Returns the list that a script of the page contains.
pub(super) fn find_embedded_list(
    page: &Html,
    base: &Url,
    hints: &DateHints<'_>,
) -> Option<EmbeddedList> {
    let scripts = Selector::parse(DATA).expect("a selector of our own");
    let scripts: Vec<ElementRef<'_>> = page.select(&scripts).collect();
    let texts: Vec<String> = scripts
        .iter()
        .map(|script| script.text().collect())
        .collect();
    let based = |entry: RawEntry| RawEntry {
        base: Some(base.clone()),
        ..entry
    };
    let (place, list) = json::find_best_list(&texts, hints)?;
    Some(EmbeddedList {
        entries: list.entries.into_iter().map(based).collect(),
        script: scripts
            .get(place)
            .and_then(|script| script_selector(*script)),
    })
}

/// Returns the selector of a script: by its id, else by the type that all data scripts share.
fn script_selector(script: ElementRef<'_>) -> Option<Css> {
    let by_id = |id| format!("script#{id}").parse().ok();
    let of_any = || "script[type='application/json' i]".parse().ok();
    script.attr("id").and_then(by_id).or_else(of_any)
}
