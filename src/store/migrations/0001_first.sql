-- Instants are whole seconds since 1970 in UTC, offsets are seconds east of it.

-- Facts about the store as a whole: the revision of the last commit, what the classification rests on.
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What we know of a source beyond its configuration.
CREATE TABLE source_state (
    source               TEXT PRIMARY KEY,
    name                 TEXT NOT NULL,
    rank                 INTEGER NOT NULL,
    topics               TEXT NOT NULL,  -- JSON: those of all its items
    state                TEXT NOT NULL,
    last_attempt         INTEGER,
    last_success         INTEGER,
    last_error           TEXT,
    http_status          INTEGER,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    next_poll            INTEGER,
    interval_seconds     INTEGER,
    problem_code         TEXT,
    problem_since        INTEGER,
    problem_text         TEXT,
    problem_action       TEXT
) WITHOUT ROWID;

-- What to send with the next request. A row holds only when the fingerprint is still that of the source.
CREATE TABLE validator (
    source        TEXT NOT NULL,
    url           TEXT NOT NULL,
    etag          TEXT,
    last_modified TEXT,
    body_hash     BLOB,
    fingerprint   BLOB NOT NULL,
    PRIMARY KEY (source, url)
) WITHOUT ROWID;

-- Which entry of a source is which item.
CREATE TABLE identity (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    item   TEXT NOT NULL,
    PRIMARY KEY (source, kind, key)
) WITHOUT ROWID;

CREATE TABLE item (
    seq                 INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of commits
    id                  TEXT NOT NULL UNIQUE,
    source              TEXT NOT NULL,
    story               TEXT NOT NULL,
    key_kind            TEXT NOT NULL,
    key                 TEXT NOT NULL,
    weak_key            TEXT NOT NULL,
    title               TEXT NOT NULL,
    address             TEXT,
    summary             TEXT,
    content             TEXT,
    text                TEXT NOT NULL,
    sanitizer           INTEGER NOT NULL,
    language            TEXT,
    authors             TEXT NOT NULL,  -- JSON
    tags                TEXT NOT NULL,  -- JSON
    enclosures          TEXT NOT NULL,  -- JSON
    stated_at           INTEGER,
    stated_offset       INTEGER,
    stated_precision    TEXT,
    published_at        INTEGER NOT NULL,
    published_offset    INTEGER NOT NULL,
    published_precision TEXT NOT NULL,
    published_origin    TEXT NOT NULL,
    updated_at          INTEGER,
    position            INTEGER NOT NULL,
    topics              TEXT NOT NULL,  -- JSON
    content_hash        BLOB NOT NULL,
    first_rev           INTEGER NOT NULL,
    changed_rev         INTEGER NOT NULL
);
CREATE INDEX item_story ON item (story, source);
CREATE INDEX item_source ON item (source, weak_key);

CREATE TABLE story (
    id                  TEXT PRIMARY KEY,
    founder             TEXT NOT NULL,
    shown               TEXT NOT NULL,
    shown_hash          BLOB NOT NULL,
    published_at        INTEGER NOT NULL,
    published_offset    INTEGER NOT NULL,
    published_precision TEXT NOT NULL,
    published_origin    TEXT NOT NULL,
    updated_at          INTEGER NOT NULL
) WITHOUT ROWID;

-- Stories that turned out to be others: their ids stay known.
CREATE TABLE alias (
    alias     TEXT PRIMARY KEY,
    story     TEXT NOT NULL,
    merged_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alias_story ON alias (story);

CREATE TABLE feed (
    topic         TEXT PRIMARY KEY,
    definition    BLOB NOT NULL,
    title         TEXT NOT NULL,
    configured    INTEGER NOT NULL,
    stories       INTEGER NOT NULL DEFAULT 0,
    latest_at     INTEGER,  -- the greatest `updated_at` of the stories that entered, quiet ones apart
    changed_at    INTEGER,  -- when a story came late or left, or the definition changed
    wanted_rev    INTEGER NOT NULL,
    published_rev INTEGER NOT NULL DEFAULT 0,
    render_key    BLOB
) WITHOUT ROWID;

CREATE TABLE membership (
    feed         TEXT NOT NULL,
    story        TEXT NOT NULL,
    entered_at   INTEGER NOT NULL,
    entered_rev  INTEGER NOT NULL,
    left_at      INTEGER,
    quiet        INTEGER NOT NULL,
    recent_at    INTEGER NOT NULL,  -- what `min_age` counts from
    published_at INTEGER NOT NULL,  -- the story's, for the order of the feed
    position     INTEGER NOT NULL,  -- likewise
    PRIMARY KEY (feed, story)
) WITHOUT ROWID;
CREATE INDEX membership_story ON membership (story);
CREATE INDEX membership_entered ON membership (feed, entered_rev);
CREATE INDEX membership_order ON membership (feed, quiet, published_at DESC, position, story) WHERE left_at IS NULL;
CREATE INDEX membership_recent ON membership (feed, quiet, recent_at DESC) WHERE left_at IS NULL;

-- What items of one story may have in common.
CREATE TABLE dedupe_key (
    kind TEXT NOT NULL,
    hash BLOB NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (kind, hash, item)
) WITHOUT ROWID;
CREATE INDEX dedupe_key_item ON dedupe_key (item);
