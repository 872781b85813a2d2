//! `[[topic]]`: the saved queries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::diagnostic::{Mistake, parsed};
use super::file::{Entry, Value, ValueKind};
use super::table::{ReadKey, Table};
use super::units;
use crate::model::{Each, FeedId, Language, Place, Source, TopicId};
use crate::topics::{Query, QueryError, QueryWarning, ReadQuery, Title, Topic, circle, in_order};

const LATER: [&str; 1] = ["country"];

/// The longest chain of topics of which each refers to the next.
const MAX_ROW: usize = 16;

/// Every topic, and the tables that they come from.
pub(super) struct Topics<'a> {
    /// Names, including those of topics with mistakes.
    pub(super) known: BTreeMap<TopicId, Place>,
    read: Vec<Read<'a>>,
}

/// A topic, with the positions of its values.
struct Read<'a> {
    table: Table<'a>,
    topic: Topic,
    queries: Vec<Written<'a>>,
}

/// A query, and the text that it was read from.
struct Written<'a> {
    value: &'a Value,
    read: ReadQuery,
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
            topics.read.extend(topic(table, id));
        }
        topics
    }

    /// Returns the topics, and warns of those that nothing can fill.
    pub(super) fn finish(self, sources: &[Source]) -> Vec<Topic> {
        let topics: Vec<Topic> = self.read.iter().map(|read| read.topic.clone()).collect();
        let named: BTreeSet<&TopicId> = sources.iter().flat_map(|source| &source.topics).collect();
        for read in &self.read {
            read.check_names(&self.known, sources);
            if !read.topic.selects() && !named.contains(&read.topic.id) {
                let message = format!("nothing fills the topic `{}`", read.topic.id);
                let hint = "give it `any`, `all` or `query`, or name it in a source's `topics`";
                read.table
                    .lack(read.table.at, Mistake::new(message).hint(hint));
            }
        }
        self.check_former(&topics);
        self.check_rows(&topics);
        self.check_reach(&topics);
        topics
    }

    /// Reports former feeds that are still published, or that two topics claim.
    fn check_former(&self, topics: &[Topic]) {
        let mut taken = BTreeMap::new();
        for read in &self.read {
            let former = &read.topic.former;
            read.table.claim_former("feed", &mut taken, former, |was| {
                let topic = topics.iter().find(|topic| topic.id == *was.topic())?;
                let place = &topic.place;
                match was.branch() {
                    None if topic.id == read.topic.id => {
                        Some(format!("`{was}` is the name that the topic has now"))
                    }
                    None => Some(format!("`{was}` is a topic of its own, at {place}")),
                    Some(branch) => topic.each.contains(&branch.facets()).then(|| {
                        format!("`{was}` is published still, by `each` of the topic at {place}")
                    }),
                }
            });
        }
    }

    /// Reports topics that refer to one another in a circle, or in too long a chain.
    fn check_rows(&self, topics: &[Topic]) {
        if let Some(circle) = circle(topics) {
            let names = circle.iter().map(|topic| format!("`{}`", topic.id));
            let names: Vec<String> = names.collect();
            let next = &circle[1 % circle.len()].id;
            let first = self.read.iter().find(|read| read.topic.id == circle[0].id);
            if let Some(read) = first {
                let message = format!(
                    "topics refer to one another in a circle: {}",
                    names.join(", ")
                );
                read.wrong_reference(next, Mistake::new(message));
            }
        }
        let mut lengths: HashMap<&TopicId, usize> = HashMap::new();
        for number in in_order(topics) {
            let topic = &topics[number];
            let behind = topic.references().filter_map(|id| lengths.get(id));
            let length = behind.max().map_or(1, |longest| longest + 1);
            lengths.insert(&topic.id, length);
            if length == MAX_ROW + 1 {
                let read = &self.read[number];
                let message = format!("more than {MAX_ROW} topics refer to one another in a row");
                read.table.wrong(read.table.at, Mistake::new(message));
            }
        }
    }

    /// Warns of topics that nothing can match, and of those that must be tried on every item.
    fn check_reach(&self, topics: &[Topic]) {
        let mut anchored: HashMap<&TopicId, bool> = HashMap::new();
        for number in in_order(topics) {
            let (topic, read) = (&topics[number], &self.read[number]);
            let Some(whole) = topic.whole() else {
                continue;
            };
            let is_anchored = whole.is_anchored(&|id| anchored.get(id).copied().unwrap_or(true));
            anchored.insert(&topic.id, is_anchored);
            let warned = read.queries.iter().any(Written::contradicts);
            if let Some(why) = whole.contradiction().filter(|_| !warned) {
                let message = format!("nothing can match the topic `{}`: {why}", topic.id);
                read.table.warn(read.table.at, Mistake::new(message));
            }
            if !is_anchored {
                let message = format!(
                    "the topic `{}` asks for no word that must be there, so it is tried on every item",
                    topic.id
                );
                let hint = "add a word, a source, a language or a region that its items have";
                let at = read.queries.first();
                let at = at.map_or(read.table.at, |query| query.value.span.start);
                read.table.warn(at, Mistake::new(message).hint(hint));
            }
        }
    }
}

impl Read<'_> {
    /// Checks that the topics and sources that it names exist.
    fn check_names(&self, topics: &BTreeMap<TopicId, Place>, sources: &[Source]) {
        for (query, leaf, column) in self.leaves() {
            match leaf {
                Query::Topic(id) if !topics.contains_key(id) => {
                    let mistake = Mistake::new(format!("unknown topic `{id}`"));
                    let names = topics.keys().map(TopicId::as_str);
                    let mistake = mistake.or_rather(id.as_str(), names);
                    let (at, mistake) = query.placed(&self.table, column, mistake);
                    self.table.absent(at, mistake);
                }
                Query::Source(id) if sources.iter().all(|source| source.id != *id) => {
                    let mistake = Mistake::new(format!("unknown source `{id}`"));
                    let names = sources.iter().map(|source| source.id.as_str());
                    let mistake = mistake.or_rather(id.as_str(), names);
                    let (at, mistake) = query.placed(&self.table, column, mistake);
                    self.table.lack(at, mistake);
                }
                _ => {}
            }
        }
    }

    /// Reports a mistake concerning a topic that it refers to.
    fn wrong_reference(&self, id: &TopicId, mistake: Mistake) {
        let refers = |leaf: &Query| matches!(leaf, Query::Topic(topic) if topic == id);
        if let Some((query, _, column)) = self.leaves().find(|(_, leaf, _)| refers(leaf)) {
            let (at, mistake) = query.placed(&self.table, column, mistake);
            self.table.wrong(at, mistake);
        }
    }

    /// Returns the leaves of its queries, each with its column.
    fn leaves(&self) -> impl Iterator<Item = (&Written<'_>, &Query, usize)> {
        self.queries.iter().flat_map(|query| {
            let leaves = query.read.query.leaves().into_iter();
            let columns = query.read.columns.iter().copied();
            leaves
                .zip(columns)
                .map(move |(leaf, column)| (query, leaf, column))
        })
    }
}

impl Written<'_> {
    /// Returns the position of a column of its text.
    fn placed(&self, table: &Table, column: usize, mistake: Mistake) -> (usize, Mistake) {
        placed(table, self.value, column, mistake)
    }

    fn tree(&self) -> Query {
        self.read.query.clone()
    }

    fn contradicts(&self) -> bool {
        self.read.query.contradiction().is_some()
    }
}

/// Reads a topic. Returns `None` if it has no id, which has been reported.
fn topic(table: Table<'_>, id: ReadKey<TopicId>) -> Option<Read<'_>> {
    let title = table.look("title").and_then(|value| title(&table, value));
    let any = queries(&table, "any");
    let all = queries(&table, "all");
    let exclude = queries(&table, "exclude");
    let free = table.given("query", |value| match &value.kind {
        ValueKind::Text(text) => Ok(query(&table, value, text)),
        other => Err(table.unwanted("query", other, "text in quotation marks")),
    });
    let free = free.value.flatten();
    let each = table.texts("each", each);
    let each = each.value.unwrap_or_default().into_iter();
    let former = table.texts("former", former);
    table.finish(&LATER);
    let id = id.value?;
    let trees = |queries: &[Written]| queries.iter().map(Written::tree).collect();
    Some(Read {
        topic: Topic {
            place: table.place(),
            title: title.unwrap_or_else(|| Title::Plain(id.to_string())),
            former: table.former(former),
            id,
            any: trees(&any),
            all: trees(&all),
            exclude: trees(&exclude),
            query: free.as_ref().map(Written::tree),
            each: each.map(|(_, each)| each).collect(),
        },
        queries: any
            .into_iter()
            .chain(all)
            .chain(exclude)
            .chain(free)
            .collect(),
        table,
    })
}

fn former(text: &str) -> Result<FeedId, Mistake> {
    parsed(text).map_err(|mistake: Mistake| {
        mistake.hint("write the id of a topic or of a branch of one, as it stood in addresses")
    })
}

fn each(text: &str) -> Result<Each, Mistake> {
    let hint = "`country`, `language` or `source`, or several of them: `country+language`";
    parsed(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

fn title(table: &Table, value: &Value) -> Option<Title> {
    let at = value.span.start;
    let plain = match &value.kind {
        ValueKind::Text(text) => units::line(text),
        ValueKind::Table(entries) if entries.is_empty() => {
            Err(Mistake::new("`title` holds no language"))
        }
        ValueKind::Table(entries) => return by_language(table, entries),
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
            ValueKind::Text(text) => units::line(text),
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

fn queries<'a>(table: &Table<'a>, key: &'static str) -> Vec<Written<'a>> {
    let list = table.list(key, |value, text| Ok(query(table, value, text)));
    let queries = list.value.unwrap_or_default().into_iter();
    queries.filter_map(|(_, query)| query).collect()
}

fn query<'a>(table: &Table, value: &'a Value, text: &str) -> Option<Written<'a>> {
    match Query::read(text) {
        Ok(read) => {
            for QueryWarning { column, message } in &read.warnings {
                let (at, mistake) = placed(table, value, *column, Mistake::new(message));
                table.warn(at, mistake);
            }
            Some(Written { value, read })
        }
        Err(QueryError {
            column,
            message,
            hint,
        }) => {
            let mistake = Mistake { message, hint };
            let (at, mistake) = placed(table, value, column, mistake);
            table.wrong(at, mistake);
            None
        }
    }
}

/// Returns a mistake at its own column if the text has columns, or else at its beginning.
fn placed(table: &Table, value: &Value, column: usize, mistake: Mistake) -> (usize, Mistake) {
    let at = match &value.kind {
        ValueKind::Text(text) => table.file.within(value, text, column),
        _ => None,
    };
    let elsewhere = || Mistake {
        message: format!("column {column} of the query: {}", mistake.message),
        hint: mistake.hint.clone(),
    };
    match at {
        Some(at) => (at, mistake),
        None => (value.span.start, elsewhere()),
    }
}
