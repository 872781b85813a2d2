-- What was decided by hand, in order: when, by whom, about what, and why.
CREATE TABLE ruling (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    decided_at INTEGER NOT NULL,
    operator   TEXT NOT NULL,
    action     TEXT NOT NULL,              -- 'merge', 'split', 'withdraw', 'restore', 'release', 'discard'
    story      TEXT,                       -- the story that it was about
    title      TEXT,                       -- its title then
    others     TEXT NOT NULL DEFAULT '[]', -- JSON: stories that were made of it, or became part of it
    source     TEXT,                       -- the source that it was about
    items      INTEGER NOT NULL DEFAULT 0, -- items of that source
    reason     TEXT
);
INSERT INTO ruling (decided_at, operator, action, story, title, reason)
SELECT withdrawn_at, 'unknown', 'withdraw', story.id, item.title, withdrawn_reason
FROM story JOIN item ON item.id = story.shown WHERE withdrawn_at IS NOT NULL ORDER BY withdrawn_at;
INSERT INTO ruling (decided_at, operator, action, story, title)
SELECT decided_at, 'unknown', iif(verdict = 'together', 'merge', 'split'), item.story, min(item.title)
FROM decision JOIN item ON item.id = decision.item GROUP BY decided_at, verdict, item.story ORDER BY decided_at;

-- Of a held item: since when its publisher no longer lists it, and when an operator threw it away for good.
ALTER TABLE item ADD COLUMN unlisted_at INTEGER;
ALTER TABLE item ADD COLUMN discarded_at INTEGER;

-- Names that feeds and sources had before, and what they are called now.
CREATE TABLE former (
    kind TEXT NOT NULL,  -- 'feed' or 'source'
    was  TEXT NOT NULL,
    now  TEXT NOT NULL,
    PRIMARY KEY (kind, was)
) WITHOUT ROWID;
ALTER TABLE feed ADD COLUMN first_called TEXT;      -- the name that its permanent id is made of, where that is another
ALTER TABLE source_state ADD COLUMN location BLOB;  -- hash of its address: two sources of one address may be one, renamed
