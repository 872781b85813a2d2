-- What items are compared by, and what came of it; none of what is held back. Made anew where another version made it.
CREATE TABLE fingerprint (
    item     INTEGER PRIMARY KEY,  -- its `seq`
    found_at INTEGER NOT NULL,
    keys     BLOB NOT NULL,
    joined   TEXT                  -- JSON: what joined it to its story, what kept it apart from another
);

-- Finds an item by its address, slug or title, however long ago it came.
DROP TABLE dedupe_key;
CREATE TABLE found_by (
    key  INTEGER NOT NULL,
    item INTEGER NOT NULL,  -- its `seq`
    PRIMARY KEY (key, item)
) WITHOUT ROWID;

-- Items that tell the same in two languages, by their `seq`. Each pair stands in both directions.
CREATE TABLE alternate (
    item  INTEGER NOT NULL,
    other INTEGER NOT NULL,
    PRIMARY KEY (item, other)
) WITHOUT ROWID;

-- Finds the keys of an item: its guids may be too many.
CREATE INDEX identity_item ON identity (item, kind);
