-- The layout by which the page of a source is read where no selectors say so, found on its first good poll.
CREATE TABLE layout (
    source   TEXT PRIMARY KEY,
    block    BLOB NOT NULL,     -- fingerprint of the source's block: another one begins anew
    layout   TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    beside   TEXT,              -- the layout by which the last look found more than this one reads
    accepted TEXT               -- the one of those that is left aside, because an operator said so or chose another
) WITHOUT ROWID;
