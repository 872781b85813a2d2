//! `[[topic]]`: the saved queries.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::{Mistake, parsed};
use super::file::{Entry, Kind, Value};
use super::table::{Given, Table};
use super::units;
use crate::model::{Language, Place, Query, QueryError, Source, Title, Topic, TopicId};

const LATER: [&str; 3] = ["country", "each", "former"];

/// Every topic, and the tables that they come from.
pub(super) struct Topics<'a> {
    /// Names, also of topics with mistakes in them.
    pub(super) known: BTreeMap<TopicId, Place>,
    read: Vec<(Table<'a>, Topic)>,
}

impl<'a> Topics<'a> {
    pub(super) fn read(tops: &[Table<'a>]) -> Self {
        let mut topics = Self {
            known: BTreeMap::new(),
            read: Vec::new(),
        };
        for table in tops.iter().flat_map(|top| top.tables("topic")) {
            let id = table.required("id", table.text("id", parsed::<TopicId>));
            table.claim("topic", &mut topics.known, &id);
            if let Some(topic) = topic(&table, id) {
                topics.read.push((table, topic));
            }
        }
        topics
    }

    /// The topics; warns of those that nothing can fill.
    pub(super) fn finish(self, sources: &[Source]) -> Vec<Topic> {
        let named: BTreeSet<&TopicId> = sources.iter().flat_map(|source| &source.topics).collect();
        for (table, topic) in &self.read {
            if !topic.selects() && !named.contains(&topic.id) {
                let message = format!("nothing fills the topic `{}`", topic.id);
                let hint = "give it `any`, `all` or `query`, or name it in a source's `topics`";
                table.lack(table.at, Mistake::new(message).hint(hint));
            }
        }
        self.read.into_iter().map(|(_, topic)| topic).collect()
    }
}

/// `None` where it has no name to go by, which has been reported.
fn topic(table: &Table, id: Given<TopicId>) -> Option<Topic> {
    let title = table.look("title").and_then(|value| title(table, value));
    let any = queries(table, "any");
    let all = queries(table, "all");
    let exclude = queries(table, "exclude");
    let free = table.given("query", |value| match &value.kind {
        Kind::Text(text) => Ok(query(table, value, text)),
        other => Err(table.unwanted("query", other, "text in quotation marks")),
    });
    table.finish(&LATER);
    let id = id.value?;
    Some(Topic {
        place: table.place(),
        title: title.unwrap_or_else(|| Title::Plain(id.to_string())),
        id,
        any,
        all,
        exclude,
        query: free.value.flatten(),
    })
}

fn title(table: &Table, value: &Value) -> Option<Title> {
    let at = value.span.start;
    let plain = match &value.kind {
        Kind::Text(text) => units::line(text),
        Kind::Table(entries) if entries.is_empty() => {
            Err(Mistake::new("`title` holds no language"))
        }
        Kind::Table(entries) => return by_language(table, entries),
        other => Err(table.unwanted("title", other, "text, or a table of it by language,")),
    };
    match plain {
        Ok(text) => Some(Title::Plain(text)),
        Err(mistake) => {
            table.wrong(at, mistake);
            None
        }
    }
}

fn by_language(table: &Table, entries: &[Entry]) -> Option<Title> {
    let mut titles = BTreeMap::new();
    for Entry { key, at, value } in entries {
        let title = match &value.kind {
            Kind::Text(text) => units::line(text),
            other => Err(table.unwanted("title", other, "text by language")),
        };
        match (parsed::<Language>(key), title) {
            (Ok(language), Ok(title)) => drop(titles.insert(language, title)),
            (Err(mistake), _) => table.wrong(*at, mistake),
            (_, Err(mistake)) => table.wrong(value.span.start, mistake),
        }
    }
    (titles.len() == entries.len()).then_some(Title::ByLanguage(titles))
}

fn queries(table: &Table, key: &'static str) -> Vec<Query> {
    let list = table.list(key, |value, text| Ok(query(table, value, text)));
    let queries = list.value.unwrap_or_default().into_iter();
    queries.filter_map(|(_, query)| query).collect()
}

/// Reads a query; its mistakes stand at their own column where the text has columns, else at its beginning.
fn query(table: &Table, value: &Value, text: &str) -> Option<Query> {
    let placed = |column: usize, message: String| {
        let at = table.file.within(value, text, column);
        let elsewhere = || format!("column {column} of the query: {message}");
        match at {
            Some(at) => (at, Mistake::new(message)),
            None => (value.span.start, Mistake::new(elsewhere())),
        }
    };
    match Query::read(text) {
        Ok((query, warnings)) => {
            for warning in warnings {
                let (at, mistake) = placed(warning.column, warning.message);
                table.warn(at, mistake);
            }
            Some(query)
        }
        Err(QueryError {
            column,
            message,
            hint,
        }) => {
            let (at, mistake) = placed(column, message);
            table.wrong(at, Mistake { hint, ..mistake });
            None
        }
    }
}
