//! The layout used to read the page of a source: one per source, under the fingerprint of its block.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, StoreReader, rows};
use crate::model::{Hash, Layout, SourceId, Timestamp};

/// The layouts of one poll of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollLayouts {
    /// The layout used to read the page.
    pub layout: Layout,
    /// The layout with which a new detection found more.
    pub beside: Option<Layout>,
}

impl PollLayouts {
    /// Returns true if the page was read as one record.
    pub fn is_page(&self) -> bool {
        self.layout.is_page()
    }
}

/// The stored layout of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLayout {
    /// The layout used to read the page.
    pub layout: Layout,
    /// When the layout was found.
    pub found_at: Timestamp,
    /// A layout that finds more, but which an operator accepted to ignore.
    pub accepted: Option<Layout>,
}

impl StoreReader {
    /// Returns the kept layout of `source`; `None` if its block has changed since.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn kept_layout(
        &self,
        source: &SourceId,
        block: Hash,
    ) -> Result<Option<KeptLayout>, StoreError> {
        let sql = "SELECT layout, found_at, accepted FROM layout WHERE source = ? AND block = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let row = statement
            .query_row(params![source.as_str(), block.as_bytes()], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, Option<String>>(2)?,
                ))
            })
            .optional()?;
        let Some((layout, found_at, accepted)) = row else {
            return Ok(None);
        };
        let accepted = accepted.map(|layout| rows::parse_column("accepted", &layout));
        Ok(Some(KeptLayout {
            layout: rows::parse_column("layout", &layout)?,
            found_at: rows::parse_instant("found_at", found_at)?,
            accepted: accepted.transpose()?,
        }))
    }
}

/// Keeps the layout that read a page. Under the same block, a kept layout stays and only `beside` changes. The first
/// poll of a block accepts the list in `beside`: an operator who configured the layout chose between them.
pub(super) fn remember_layout(
    connection: &Connection,
    source: &SourceId,
    block: Hash,
    read: &PollLayouts,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO layout (source, block, layout, found_at, beside, accepted)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5)
               ON CONFLICT (source) DO UPDATE SET
                   layout = excluded.layout, found_at = excluded.found_at, accepted = excluded.accepted,
                   beside = excluded.beside, block = excluded.block
               WHERE block <> excluded.block";
    let beside = read.beside.as_ref().map(Layout::as_str);
    let kept = connection.prepare_cached(sql)?.execute(params![
        source.as_str(),
        block.as_bytes(),
        read.layout.as_str(),
        at.timestamp(),
        beside,
    ])?;
    if kept == 0 {
        let sql = "UPDATE layout SET beside = ?2 WHERE source = ?1 AND beside IS NOT ?2";
        let bound = params![source.as_str(), beside];
        connection.prepare_cached(sql)?.execute(bound)?;
    }
    Ok(())
}

/// Accepts to ignore the list that the last detection found in addition to the kept layout.
pub(super) fn accept_layout(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    let sql = "UPDATE layout SET accepted = beside WHERE source = ? AND beside IS NOT NULL";
    connection.execute(sql, [source.as_str()])?;
    Ok(())
}
