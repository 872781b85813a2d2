-- The configuration last in force: the texts of its files, in which secrets are references. A start goes on with it where
-- the files have a mistake.
CREATE TABLE kept_file (
    position INTEGER PRIMARY KEY,  -- the order in which they were read, the main file first
    shown    BLOB NOT NULL,        -- its path in messages
    path     BLOB NOT NULL,        -- absolute
    text     TEXT NOT NULL
);

-- Since when a source is gone from the configuration, and when an operator had its stories taken out.
ALTER TABLE source_state ADD COLUMN gone_at INTEGER;
ALTER TABLE source_state ADD COLUMN forgotten_at INTEGER;
UPDATE source_state SET gone_at = coalesce(last_attempt, 0) WHERE NOT configured;

-- When an item was taken out with its source; it comes back with it.
ALTER TABLE item ADD COLUMN forgotten_at INTEGER;
