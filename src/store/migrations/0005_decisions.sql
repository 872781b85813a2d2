-- What operators decided about stories by hand: polls and replays do not undo it. Each pair stands in both directions.
CREATE TABLE decision (
    item       TEXT NOT NULL,
    other      TEXT NOT NULL,
    verdict    TEXT NOT NULL,  -- 'apart' or 'together'
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (item, other)
) WITHOUT ROWID;

-- A story that was withdrawn is in no feed, whatever reports come.
ALTER TABLE story ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE story ADD COLUMN withdrawn_reason TEXT;

-- What a publisher has changed in an item.
CREATE TABLE revision (
    item   TEXT NOT NULL,
    rev    INTEGER NOT NULL,  -- of the commit
    at     INTEGER NOT NULL,
    before TEXT NOT NULL,     -- JSON: the fields that changed, as they were
    PRIMARY KEY (item, rev)
) WITHOUT ROWID;

-- Stories that left a feed, the last first: those that readers may forget are told to them.
CREATE INDEX membership_left ON membership (feed, left_at DESC) WHERE left_at IS NOT NULL;

ALTER TABLE item ADD COLUMN found_at INTEGER;
