-- The revision at the end of the last poll that went well: what came later came from one that broke off.
ALTER TABLE source_state ADD COLUMN walked_rev INTEGER;
UPDATE source_state SET walked_rev = (SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'rev')
WHERE last_success IS NOT NULL;

-- What was read of the pages that entries of a source lead to.
CREATE TABLE detail (
    source      TEXT NOT NULL,
    address     TEXT NOT NULL,
    entry       BLOB NOT NULL,              -- hash of the list's entry that the page was read for
    rules       BLOB NOT NULL,              -- hash of how it was read
    detail      TEXT,                       -- JSON: what it says
    http_status INTEGER,                    -- of the last failure
    tries       INTEGER NOT NULL DEFAULT 0, -- failures since it was read, or since the entry changed
    readings    INTEGER NOT NULL DEFAULT 0, -- how often it was read
    read_at     INTEGER,                    -- when it was last read
    next_try    INTEGER,                    -- when it is to be asked for; NULL once that is settled
    listed_at   INTEGER NOT NULL,           -- when the list last had it, to the day
    PRIMARY KEY (source, address)
) WITHOUT ROWID;
CREATE INDEX detail_owed ON detail (source, next_try) WHERE next_try IS NOT NULL;
