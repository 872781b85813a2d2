//! What is stored, searched: the newest stories that a query takes.
//!
//! The index gives items that have what the query needs, the last that came first; the query itself decides on each. What
//! one search may cost is bounded: a query that says little looks at the last items only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::params;

use super::StoreError;
use super::fault::readable;
use super::read::Reader;
use super::reclassify;
use super::rows;
use super::tokens::Sought;
use crate::classify::{Needs, Subject};
use crate::model::{SourceId, Story, TopicId};

/// Items that are looked up for one search.
const MAX_LOOKED_UP: usize = 4_000;
/// Items that a query is tried on.
const MAX_TRIED: usize = 500;
/// Text that a query is tried on, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// What is sought.
pub struct Search {
    /// What an item needs for the query to take it.
    pub needs: Needs,
    /// Whether the query takes an item, whose topics are told too.
    pub takes: Box<dyn Fn(&Subject) -> bool + Send>,
    /// The first day that an item may be of.
    pub after: Option<NaiveDate>,
    /// The day before which it must be.
    pub before: Option<NaiveDate>,
    /// Stories wanted, at most.
    pub most: usize,
}

/// What one search may still cost.
struct Budget {
    items: usize,
    text_bytes: usize,
}

impl Reader {
    /// The sources that give each topic to all their items, or did as long as they were configured.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn givers(&self) -> Result<BTreeMap<TopicId, Vec<SourceId>>, StoreError> {
        Ok(reclassify::givers(&reclassify::given(
            self.connection(),
            &[],
        )?))
    }

    /// The last stories to come that `search` takes, in the order of a feed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn search(&self, search: &Search) -> Result<Vec<Story>, StoreError> {
        let mut budget = Budget {
            items: MAX_TRIED,
            text_bytes: MAX_TEXT_BYTES,
        };
        let mut stories = BTreeSet::new();
        for seq in self.sought(&Sought::of(&search.needs))? {
            if stories.len() == search.most || budget.is_spent() {
                break;
            }
            let taken = readable(self.taken(seq, search, &mut budget))?;
            stories.extend(taken.flatten());
        }
        let stories: Vec<String> = stories.into_iter().collect();
        self.stories(&stories)
    }

    /// The numbers of items that may be taken, the last first.
    fn sought(&self, sought: &Sought) -> Result<Vec<u64>, StoreError> {
        let ids = |sql: &str, bound: &[&dyn rusqlite::ToSql]| {
            let mut statement = self.connection().prepare_cached(sql)?;
            let found = statement.query_map(bound, |row| row.get(0))?;
            Ok(found.collect::<Result<_, _>>()?)
        };
        match sought {
            Sought::None => Ok(Vec::new()),
            Sought::Anything => ids(
                "SELECT seq FROM item ORDER BY seq DESC LIMIT ?",
                &[&MAX_TRIED],
            ),
            Sought::Matching(expression) => ids(
                "SELECT rowid FROM item_token WHERE item_token MATCH ? ORDER BY rowid DESC LIMIT ?",
                &[expression, &MAX_LOOKED_UP],
            ),
        }
    }

    /// The story of an item, where it is shown and taken.
    fn taken(
        &self,
        seq: u64,
        search: &Search,
        budget: &mut Budget,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT story, source, title, text, tags, authors, language, assumed_language, regions, topics, published_at,
                   published_offset FROM item WHERE seq = ? AND NOT held";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(params![seq])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        let day = rows::day(row)?;
        let is_in_time = search.after.is_none_or(|after| day >= after)
            && search.before.is_none_or(|before| day < before);
        if !is_in_time {
            return Ok(None);
        }
        let words = rows::Words::of(row)?;
        budget.spend(words.text_bytes());
        let topics: Vec<TopicId> = rows::topics(&row.get::<_, String>("topics")?)?;
        if !(search.takes)(&words.subject(&topics)) {
            return Ok(None);
        }
        let story: String = row.get("story")?;
        let sql = "SELECT 1 FROM story WHERE id = ? AND withdrawn_at IS NULL";
        let is_shown = self.connection().prepare_cached(sql)?.exists([&story])?;
        Ok(is_shown.then_some(story))
    }
}

impl Budget {
    fn spend(&mut self, text_bytes: usize) {
        self.items = self.items.saturating_sub(1);
        self.text_bytes = self.text_bytes.saturating_sub(text_bytes);
    }

    fn is_spent(&self) -> bool {
        self.items == 0 || self.text_bytes == 0
    }
}
