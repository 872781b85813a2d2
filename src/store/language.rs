//! The main language of a source's items: found once, and kept until the source states one.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{NewItem, StoreError, StoreReader, rows};
use crate::model::{Language, SourceId, Timestamp};
use crate::normalize::UsualLanguage;

impl StoreReader {
    /// Returns the main language of the items of `source`, if a poll found it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn usual_language(&self, source: &SourceId) -> Result<Option<Language>, StoreError> {
        let sql = "SELECT language FROM source_language WHERE source = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let found = statement.query_row([source.as_str()], |row| row.get::<_, String>(0));
        let found = found.optional()?;
        found
            .map(|tag| rows::parse_column("language", &tag))
            .transpose()
    }

    /// Returns the main language of each source's items.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn usual_languages(&self) -> Result<BTreeMap<SourceId, Language>, StoreError> {
        let sql = "SELECT source, language FROM source_language";
        let mut statement = self.connection().prepare(sql)?;
        let mut found = statement.query([])?;
        let mut languages = BTreeMap::new();
        while let Some(row) = found.next()? {
            let source = rows::parse_column("source", &row.get::<_, String>("source")?)?;
            let language = rows::parse_column("language", &row.get::<_, String>("language")?)?;
            languages.insert(source, language);
        }
        Ok(languages)
    }
}

/// Stores the main language of `items` if there are enough of them and none is stored yet.
pub(super) fn remember_language(
    connection: &Connection,
    source: &SourceId,
    items: &[NewItem],
    at: Timestamp,
) -> Result<(), StoreError> {
    let usual = UsualLanguage::from_items(items.iter().map(|new| &new.item));
    let Some(language) = usual.filter(UsualLanguage::is_sure) else {
        return Ok(());
    };
    let sql = "INSERT INTO source_language (source, language, found_at) VALUES (?, ?, ?)
               ON CONFLICT (source) DO NOTHING";
    let row = params![source.as_str(), language.language.as_str(), at.timestamp()];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
