//! `[[topic]]`: the saved queries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::diagnostic::{Mistake, parse_value};
use super::file::{SpannedValue, TableEntry, ValueKind};
use super::table::{ConfigTable, ReadKey};
use super::units;
use crate::model::{ConfigPosition, FacetSet, FeedId, Language, Source, TopicId};
use crate::topics::{
    ParsedQuery, Query, QueryError, QueryWarning, Topic, TopicTitle, find_cycle, sort_by_reference,
};

const LATER: [&str; 1] = ["country"];

/// The longest chain of topics of which each refers to the next.
const MAX_ROW: usize = 16;

/// Every topic, and the tables that they come from.
pub(super) struct ReadTopics<'a> {
    /// Names, including those of topics with mistakes.
    pub(super) known: BTreeMap<TopicId, ConfigPosition>,
    read: Vec<TopicBlock<'a>>,
}

/// A topic, with the positions of its values.
struct TopicBlock<'a> {
    table: ConfigTable<'a>,
    topic: Topic,
    queries: Vec<WrittenQuery<'a>>,
}

/// A query, and the text that it was read from.
struct WrittenQuery<'a> {
    value: &'a SpannedValue,
    read: ParsedQuery,
}

impl<'a> ReadTopics<'a> {
    pub(super) fn from_tables(tops: &[ConfigTable<'a>]) -> Self {
        let mut topics = Self {
            known: BTreeMap::new(),
            read: Vec::new(),
        };
        for table in tops.iter().flat_map(|top| top.read_tables("topic")) {
            let id = table.require_key("id", table.read_text("id", parse_value::<TopicId>));
            table.claim_name("topic", &mut topics.known, &id);
            topics.read.extend(read_topic(table, id));
        }
        topics
    }

    /// Returns the topics, and warns of those that nothing can fill.
    pub(super) fn into_topics(self, sources: &[Source]) -> Vec<Topic> {
        let topics: Vec<Topic> = self.read.iter().map(|read| read.topic.clone()).collect();
        let named: BTreeSet<&TopicId> = sources.iter().flat_map(|source| &source.topics).collect();
        for read in &self.read {
            read.check_names(&self.known, sources);
            if !read.topic.has_queries() && !named.contains(&read.topic.id) {
                let message = format!("nothing fills the topic `{}`", read.topic.id);
                let hint = "give it `any`, `all` or `query`, or name it in a source's `topics`";
                read.table
                    .report_missing_warning(read.table.at, Mistake::new(message).hint(hint));
            }
        }
        self.check_former(&topics);
        self.check_references(&topics);
        self.check_reach(&topics);
        topics
    }

    /// Reports former feeds that are still published, or that two topics claim.
    fn check_former(&self, topics: &[Topic]) {
        let mut taken = BTreeMap::new();
        for read in &self.read {
            let former = &read.topic.former;
            read.table
                .claim_former_names("feed", &mut taken, former, |was| {
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
    fn check_references(&self, topics: &[Topic]) {
        if let Some(circle) = find_cycle(topics) {
            let names = circle.iter().map(|topic| format!("`{}`", topic.id));
            let names: Vec<String> = names.collect();
            let next = &circle[1 % circle.len()].id;
            let first = self.read.iter().find(|read| read.topic.id == circle[0].id);
            if let Some(read) = first {
                let message = format!(
                    "topics refer to one another in a circle: {}",
                    names.join(", ")
                );
                read.report_wrong_reference(next, Mistake::new(message));
            }
        }
        let mut lengths: HashMap<&TopicId, usize> = HashMap::new();
        for number in sort_by_reference(topics) {
            let topic = &topics[number];
            let behind = topic.referenced_topics().filter_map(|id| lengths.get(id));
            let length = behind.max().map_or(1, |longest| longest + 1);
            lengths.insert(&topic.id, length);
            if length == MAX_ROW + 1 {
                let read = &self.read[number];
                let message = format!("more than {MAX_ROW} topics refer to one another in a row");
                read.table
                    .report_mistake(read.table.at, Mistake::new(message));
            }
        }
    }

    /// Warns of topics that nothing can match, and of those that must be tried on every item.
    fn check_reach(&self, topics: &[Topic]) {
        let mut anchored: HashMap<&TopicId, bool> = HashMap::new();
        for number in sort_by_reference(topics) {
            let (topic, read) = (&topics[number], &self.read[number]);
            let Some(whole) = topic.combined_query() else {
                continue;
            };
            let is_anchored = whole.is_anchored(&|id| anchored.get(id).copied().unwrap_or(true));
            anchored.insert(&topic.id, is_anchored);
            let warned = read.queries.iter().any(WrittenQuery::has_contradiction);
            if let Some(why) = whole.find_contradiction().filter(|_| !warned) {
                let message = format!("nothing can match the topic `{}`: {why}", topic.id);
                read.table
                    .report_warning(read.table.at, Mistake::new(message));
            }
            if !is_anchored {
                let message = format!(
                    "the topic `{}` asks for no word that must be there, so it is tried on every item",
                    topic.id
                );
                let hint = "add a word, a source, a language or a region that its items have";
                let at = read.queries.first();
                let at = at.map_or(read.table.at, |query| query.value.span.start);
                read.table
                    .report_warning(at, Mistake::new(message).hint(hint));
            }
        }
    }
}

impl TopicBlock<'_> {
    /// Checks that the topics and sources that it names exist.
    fn check_names(&self, topics: &BTreeMap<TopicId, ConfigPosition>, sources: &[Source]) {
        for (query, leaf, column) in self.query_leaves() {
            match leaf {
                Query::Topic(id) if !topics.contains_key(id) => {
                    let mistake = Mistake::new(format!("unknown topic `{id}`"));
                    let names = topics.keys().map(TopicId::as_str);
                    let mistake = mistake.suggest_nearest(id.as_str(), names);
                    let (at, mistake) = query.mistake_at_column(&self.table, column, mistake);
                    self.table.report_missing(at, mistake);
                }
                Query::Source(id) if sources.iter().all(|source| source.id != *id) => {
                    let mistake = Mistake::new(format!("unknown source `{id}`"));
                    let names = sources.iter().map(|source| source.id.as_str());
                    let mistake = mistake.suggest_nearest(id.as_str(), names);
                    let (at, mistake) = query.mistake_at_column(&self.table, column, mistake);
                    self.table.report_missing_warning(at, mistake);
                }
                _ => {}
            }
        }
    }

    /// Reports a mistake concerning a topic that it refers to.
    fn report_wrong_reference(&self, id: &TopicId, mistake: Mistake) {
        let refers = |leaf: &Query| matches!(leaf, Query::Topic(topic) if topic == id);
        if let Some((query, _, column)) = self.query_leaves().find(|(_, leaf, _)| refers(leaf)) {
            let (at, mistake) = query.mistake_at_column(&self.table, column, mistake);
            self.table.report_mistake(at, mistake);
        }
    }

    /// Returns the leaves of its queries, each with its column.
    fn query_leaves(&self) -> impl Iterator<Item = (&WrittenQuery<'_>, &Query, usize)> {
        self.queries.iter().flat_map(|query| {
            let leaves = query.read.query.leaves().into_iter();
            let columns = query.read.columns.iter().copied();
            leaves
                .zip(columns)
                .map(move |(leaf, column)| (query, leaf, column))
        })
    }
}

impl WrittenQuery<'_> {
    /// Returns the position of a column of its text.
    fn mistake_at_column(
        &self,
        table: &ConfigTable,
        column: usize,
        mistake: Mistake,
    ) -> (usize, Mistake) {
        mistake_at_column(table, self.value, column, mistake)
    }

    fn query_tree(&self) -> Query {
        self.read.query.clone()
    }

    fn has_contradiction(&self) -> bool {
        self.read.query.find_contradiction().is_some()
    }
}

/// Reads a topic. Returns `None` if it has no id, which has been reported.
fn read_topic(table: ConfigTable<'_>, id: ReadKey<TopicId>) -> Option<TopicBlock<'_>> {
    let title = table
        .take_value("title")
        .and_then(|value| read_title(&table, value));
    let any = read_queries(&table, "any");
    let all = read_queries(&table, "all");
    let exclude = read_queries(&table, "exclude");
    let free = table.read_value("query", |value| match &value.kind {
        ValueKind::Text(text) => Ok(read_query(&table, value, text)),
        other => Err(table.wrong_type_mistake("query", other, "text in quotation marks")),
    });
    let free = free.value.flatten();
    let each = table.read_texts("each", parse_each);
    let each = each.value.unwrap_or_default().into_iter();
    let former = table.read_texts("former", parse_former_feed);
    table.refuse_unknown_keys(&LATER);
    let id = id.value?;
    let trees = |queries: &[WrittenQuery]| queries.iter().map(WrittenQuery::query_tree).collect();
    Some(TopicBlock {
        topic: Topic {
            place: table.place(),
            title: title.unwrap_or_else(|| TopicTitle::Plain(id.to_string())),
            former: table.locate_former_names(former),
            id,
            any: trees(&any),
            all: trees(&all),
            exclude: trees(&exclude),
            query: free.as_ref().map(WrittenQuery::query_tree),
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

fn parse_former_feed(text: &str) -> Result<FeedId, Mistake> {
    parse_value(text).map_err(|mistake: Mistake| {
        mistake.hint("write the id of a topic or of a branch of one, as it stood in addresses")
    })
}

fn parse_each(text: &str) -> Result<FacetSet, Mistake> {
    let hint = "`country`, `language` or `source`, or several of them: `country+language`";
    parse_value(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

fn read_title(table: &ConfigTable, value: &SpannedValue) -> Option<TopicTitle> {
    let at = value.span.start;
    let plain = match &value.kind {
        ValueKind::Text(text) => units::parse_line(text),
        ValueKind::Table(entries) if entries.is_empty() => {
            Err(Mistake::new("`title` holds no language"))
        }
        ValueKind::Table(entries) => return read_titles_by_language(table, entries),
        other => {
            Err(table.wrong_type_mistake("title", other, "text, or a table of it by language,"))
        }
    };
    match plain {
        Ok(text) => Some(TopicTitle::Plain(text)),
        Err(mistake) => {
            table.report_mistake(at, mistake);
            None
        }
    }
}

fn read_titles_by_language(table: &ConfigTable, entries: &[TableEntry]) -> Option<TopicTitle> {
    let mut titles = BTreeMap::new();
    for TableEntry { key, at, value } in entries {
        let title = match &value.kind {
            ValueKind::Text(text) => units::parse_line(text),
            other => Err(table.wrong_type_mistake("title", other, "text by language")),
        };
        match (parse_value::<Language>(key), title) {
            (Ok(language), Ok(title)) => drop(titles.insert(language, title)),
            (Err(mistake), _) => table.report_mistake(*at, mistake),
            (_, Err(mistake)) => table.report_mistake(value.span.start, mistake),
        }
    }
    (titles.len() == entries.len()).then_some(TopicTitle::ByLanguage(titles))
}

fn read_queries<'a>(table: &ConfigTable<'a>, key: &'static str) -> Vec<WrittenQuery<'a>> {
    let list = table.read_list(key, |value, text| Ok(read_query(table, value, text)));
    let queries = list.value.unwrap_or_default().into_iter();
    queries.filter_map(|(_, query)| query).collect()
}

fn read_query<'a>(
    table: &ConfigTable,
    value: &'a SpannedValue,
    text: &str,
) -> Option<WrittenQuery<'a>> {
    match Query::parse(text) {
        Ok(read) => {
            for QueryWarning { column, message } in &read.warnings {
                let (at, mistake) = mistake_at_column(table, value, *column, Mistake::new(message));
                table.report_warning(at, mistake);
            }
            Some(WrittenQuery { value, read })
        }
        Err(QueryError {
            column,
            message,
            hint,
        }) => {
            let mistake = Mistake { message, hint };
            let (at, mistake) = mistake_at_column(table, value, column, mistake);
            table.report_mistake(at, mistake);
            None
        }
    }
}

/// Returns a mistake at its own column if the text has columns, or else at its beginning.
fn mistake_at_column(
    table: &ConfigTable,
    value: &SpannedValue,
    column: usize,
    mistake: Mistake,
) -> (usize, Mistake) {
    let at = match &value.kind {
        ValueKind::Text(text) => table.file.byte_in_value(value, text, column),
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
