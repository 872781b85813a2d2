-- The language that an item is taken to be in where it states none and its text leaves it open.
ALTER TABLE item ADD COLUMN assumed_language TEXT;
-- The language of most items of a source, as the first poll found it that had enough of them.
CREATE TABLE source_language (
    source   TEXT PRIMARY KEY,
    language TEXT NOT NULL,
    found_at INTEGER NOT NULL
) WITHOUT ROWID;
