-- What the first documents of a source's good polls gave, read by one block: what its next ones are judged by.
CREATE TABLE shape (
    source      TEXT NOT NULL,
    number      INTEGER NOT NULL,  -- counts the source's polls
    fingerprint BLOB NOT NULL,
    records     INTEGER NOT NULL,
    titles      INTEGER NOT NULL,
    dated       INTEGER NOT NULL,
    linked      INTEGER NOT NULL,
    texts       INTEGER NOT NULL,
    oldest_at   INTEGER,
    middle_at   INTEGER,
    newest_at   INTEGER,
    new_items   INTEGER NOT NULL,  -- of the whole poll
    PRIMARY KEY (source, number)
) WITHOUT ROWID;

ALTER TABLE source_state ADD COLUMN good_polls INTEGER NOT NULL DEFAULT 0;  -- under that block, unchanged ones among them
ALTER TABLE source_state ADD COLUMN repair TEXT;  -- JSON: what would read the page that drifted
ALTER TABLE item ADD COLUMN held INTEGER NOT NULL DEFAULT 0;  -- committed, and not shown before it is released
CREATE INDEX item_held ON item (source) WHERE held;
-- Finds an item by its folded title, which a weak key has behind the date.
CREATE INDEX item_title ON item (source, substr(weak_key, instr(weak_key, ' ') + 1));
