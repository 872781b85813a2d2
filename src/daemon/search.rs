//! Answers readers' searches, each in a task of its own.
//!
//! In: queries as they were typed, from the servers for readers. Out: the matching stories, rendered in the
//! requested format, or the mistake in the query.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::flow::{Flow, SearchError};
use crate::model::{Feed, Site};
use crate::publish::{self, FeedFormat};
use crate::serve::{SearchAnswer, SearchRequest};
use crate::text::error_chain;
use crate::topics::QueryError;

/// Answers searches concurrently until it is aborted. The callers limit the number of concurrent searches.
pub(super) async fn answer_searches(
    flow: Arc<Flow>,
    sought: Arc<Mutex<mpsc::Receiver<SearchRequest>>>,
) {
    // The lock admits one receiver at a time: the previous one ended with its store.
    let mut sought = sought.lock().await;
    let mut searches = JoinSet::new();
    loop {
        tokio::select! {
            asked = sought.recv() => match asked {
                Some(request) => drop(searches.spawn(answer_request(Arc::clone(&flow), request))),
                None => return,
            },
            Some(_) = searches.join_next() => {}
        }
    }
}

async fn answer_request(flow: Arc<Flow>, request: SearchRequest) {
    let SearchRequest {
        query,
        format,
        answer,
    } = request;
    let answered = search_answer(&flow, query, format).await;
    // The client may have gone away meanwhile.
    drop(answer.send(answered));
}

async fn search_answer(flow: &Flow, query: String, format: FeedFormat) -> SearchAnswer {
    let in_force = flow.in_force();
    let site = &in_force.config.site.site;
    if query.is_empty() {
        return SearchAnswer::Found(publish::render_search_page(site, "", None));
    }
    match flow.search(&query).await {
        Ok(stories) => {
            let feed = Feed::from_search(query, stories);
            SearchAnswer::Found(publish::render_feed(&feed, site, format))
        }
        Err(SearchError::Query(mistake)) => {
            SearchAnswer::Mistake(render_mistake(site, &query, &mistake, format))
        }
        Err(SearchError::Store(error)) => {
            tracing::error!("a search was not answered: {}", error_chain(&error));
            SearchAnswer::Failed
        }
    }
}

/// Renders a mistake in a query: as a page for people, as lines for programs.
fn render_mistake(site: &Site, query: &str, mistake: &QueryError, format: FeedFormat) -> Vec<u8> {
    if format == FeedFormat::Html {
        return publish::render_search_page(site, query, Some(mistake));
    }
    let QueryError {
        column,
        message,
        hint,
    } = mistake;
    let hint = hint.as_ref().map(|hint| format!("hint: {hint}\n"));
    let text = format!(
        "column {column} of the query: {message}\n{}",
        hint.unwrap_or_default()
    );
    text.into_bytes()
}
