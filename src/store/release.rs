//! What is held back of a source, and how an operator lets it through.

use rusqlite::{Connection, params};

use super::commit::Change;
use super::memory::Memory;
use super::policy::Policy;
use super::story::Stories;
use super::{State, StoreError};
use super::{rows, shape};
use crate::model::{Item, SourceId, StoryId, Timestamp};

/// What releasing a source did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Released {
    /// Items that were held back and are shown now.
    pub items: usize,
    /// Whether its next poll, due at once, is taken as it is: it had drifted.
    pub begins_anew: bool,
}

/// How many items of a source are held back.
pub(super) fn held(connection: &Connection, source: &SourceId) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM item WHERE source = ? AND held";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([source.as_str()], |row| row.get(0))?)
}

/// Shows what is held back of a source: as what comes late, old stories enter quietly. What a source that drifted gives
/// next is taken as it is.
pub(super) fn release(
    connection: &Connection,
    memory: &mut Memory,
    source: &SourceId,
    at: Timestamp,
    policy: &Policy,
) -> Result<Released, StoreError> {
    let held = held_items(connection, source)?;
    let sql = "UPDATE item SET held = 0 WHERE source = ? AND held";
    connection.execute(sql, [source.as_str()])?;
    let stories = Stories::new(connection, at, true, policy)?;
    memory.ready(connection, held.len())?;
    let mut change = Change::new(stories, memory, &[], false);
    for (item, story) in &held {
        change.show(item, *story)?;
    }
    change.finish()?;
    let is = |state: State| {
        let sql = "SELECT 1 FROM source_state WHERE source = ? AND state = ?";
        let mut statement = connection.prepare_cached(sql)?;
        statement.exists([source.as_str(), state.as_str()])
    };
    let begins_anew = is(State::Drifted)?;
    if begins_anew {
        shape::forget(connection, source)?;
        let sql = "UPDATE source_state SET next_poll = ?, good_polls = 0 WHERE source = ?";
        connection.execute(sql, params![at.timestamp(), source.as_str()])?;
    } else if is(State::Held)? {
        let sql = "UPDATE source_state SET state = ?, problem_code = NULL, problem_since = NULL, problem_text = NULL,
                   problem_action = NULL WHERE source = ?";
        connection.execute(sql, [State::Ok.as_str(), source.as_str()])?;
    }
    Ok(Released {
        items: held.len(),
        begins_anew,
    })
}

/// In the order of their commits.
fn held_items(
    connection: &Connection,
    source: &SourceId,
) -> Result<Vec<(Item, StoryId)>, StoreError> {
    let sql = "SELECT * FROM item WHERE source = ? AND held ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([source.as_str()])?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        let story = rows::parsed("story", &row.get::<_, String>("story")?)?;
        items.push((rows::item(row)?, story));
    }
    Ok(items)
}
