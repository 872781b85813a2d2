-- The address of a source may be a secret: what it is asked with next is found by a hash of it. Each is asked in full once.
DROP TABLE validator;
CREATE TABLE validator (
    source        TEXT NOT NULL,
    address       BLOB NOT NULL,  -- hash of the address that was asked
    etag          TEXT,
    last_modified TEXT,
    body_hash     BLOB,
    fingerprint   BLOB NOT NULL,
    whole_at      INTEGER,        -- when the whole body last came with it; NULL: the next request asks for it
    PRIMARY KEY (source, address)
) WITHOUT ROWID;

-- Stories that could not be read when the feed was published.
ALTER TABLE feed ADD COLUMN left_out TEXT;  -- JSON; NULL where there are none
