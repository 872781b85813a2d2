//! Searches the store for the newest stories that match a query.
//!
//! The index returns items that have what the query needs, the newest first; the query itself decides on each. The
//! cost of one search is bounded: an unselective query examines only the newest items.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::params;

use super::StoreError;
use super::fault::skip_unreadable;
use super::read::StoreReader;
use super::reclassify;
use super::rows;
use super::tokens::{self, IndexQuery};
use crate::classify::{RequiredTokens, Subject};
use crate::model::{SourceId, Story, TopicId};

/// Maximum number of items looked up for one search.
const MAX_LOOKED_UP: usize = 4_000;
/// Maximum number of items on which a query is evaluated.
const MAX_TRIED: usize = 500;
/// Maximum amount of text on which a query is evaluated, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// The criteria of a search.
pub struct StoreSearch {
    /// The conditions that an item must meet for the query to match.
    pub needs: RequiredTokens,
    /// Returns true if the query matches an item, given with its topics.
    pub takes: Box<dyn Fn(&Subject) -> bool + Send>,
    /// The first day of the range, inclusive.
    pub after: Option<NaiveDate>,
    /// The end of the range, exclusive.
    pub before: Option<NaiveDate>,
    /// Maximum number of stories to return.
    pub most: usize,
}

/// The remaining budget of one search.
struct SearchBudget {
    items: usize,
    text_bytes: usize,
}

const BUDGET: SearchBudget = SearchBudget {
    items: MAX_TRIED,
    text_bytes: MAX_TEXT_BYTES,
};

/// The budget for items that the index does not have yet, any of which may match. They are few, or it takes a second
/// until they are.
const DUE_BUDGET: SearchBudget = SearchBudget {
    items: tokens::RUN,
    text_bytes: 4 * MAX_TEXT_BYTES,
};

impl StoreReader {
    /// Returns the sources that give each topic to all their items; removed sources count with their last topics.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn topic_givers(&self) -> Result<BTreeMap<TopicId, Vec<SourceId>>, StoreError> {
        Ok(reclassify::group_givers(&reclassify::given_topics(
            self.connection(),
            &[],
        )?))
    }

    /// Returns the newest stories that `search` matches, in the order of a feed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn search_stories(&self, search: &StoreSearch) -> Result<Vec<Story>, StoreError> {
        let mut stories = BTreeSet::new();
        let sought = IndexQuery::from_needs(&search.needs);
        if matches!(sought, IndexQuery::Matching(_)) {
            self.try_items(&self.due()?, search, DUE_BUDGET, &mut stories)?;
        }
        self.try_items(&self.find_sought(&sought)?, search, BUDGET, &mut stories)?;
        let stories: Vec<String> = stories.into_iter().collect();
        self.load_stories(&stories)
    }

    /// Adds the stories of the items that match, in the order of `numbers`, until there are enough.
    fn try_items(
        &self,
        numbers: &[u64],
        search: &StoreSearch,
        mut budget: SearchBudget,
        stories: &mut BTreeSet<String>,
    ) -> Result<(), StoreError> {
        for seq in numbers {
            if stories.len() == search.most || budget.is_spent() {
                break;
            }
            let taken = skip_unreadable(self.matching_story(*seq, search, &mut budget))?;
            stories.extend(taken.flatten());
        }
        Ok(())
    }

    /// Returns the numbers of the last items whose tokens are not yet in the index, the last first.
    fn due(&self) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT item FROM token_due ORDER BY item DESC LIMIT ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let found = statement.query_map([tokens::RUN], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Returns the numbers of items that may match, the last first.
    fn find_sought(&self, sought: &IndexQuery) -> Result<Vec<u64>, StoreError> {
        let ids = |sql: &str, bound: &[&dyn rusqlite::ToSql]| {
            let mut statement = self.connection().prepare_cached(sql)?;
            let found = statement.query_map(bound, |row| row.get(0))?;
            Ok(found.collect::<Result<_, _>>()?)
        };
        match sought {
            IndexQuery::None => Ok(Vec::new()),
            IndexQuery::Anything => ids(
                "SELECT seq FROM item ORDER BY seq DESC LIMIT ?",
                &[&MAX_TRIED],
            ),
            IndexQuery::Matching(expression) => ids(
                "SELECT rowid FROM item_token WHERE item_token MATCH ? ORDER BY rowid DESC LIMIT ?",
                &[expression, &MAX_LOOKED_UP],
            ),
        }
    }

    /// Returns the story of an item if it is shown and matches.
    fn matching_story(
        &self,
        seq: u64,
        search: &StoreSearch,
        budget: &mut SearchBudget,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT story, source, title, text, tags, authors, language, assumed_language, regions, topics, published_at,
                   published_offset FROM item WHERE seq = ? AND NOT held";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(params![seq])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        let day = rows::read_day(row)?;
        let is_in_time = search.after.is_none_or(|after| day >= after)
            && search.before.is_none_or(|before| day < before);
        if !is_in_time {
            return Ok(None);
        }
        let words = rows::QueryColumns::of(row)?;
        budget.spend(words.text_bytes());
        let topics: Vec<TopicId> = rows::parse_topics(&row.get::<_, String>("topics")?)?;
        if !(search.takes)(&words.subject(&topics)) {
            return Ok(None);
        }
        let story: String = row.get("story")?;
        let sql = "SELECT 1 FROM story WHERE id = ? AND withdrawn_at IS NULL";
        let is_shown = self.connection().prepare_cached(sql)?.exists([&story])?;
        Ok(is_shown.then_some(story))
    }
}

impl SearchBudget {
    fn spend(&mut self, text_bytes: usize) {
        self.items = self.items.saturating_sub(1);
        self.text_bytes = self.text_bytes.saturating_sub(text_bytes);
    }

    fn is_spent(&self) -> bool {
        self.items == 0 || self.text_bytes == 0
    }
}
