-- A row that is there is of a story that had left.
INSERT OR REPLACE INTO membership (feed, story, entered_at, entered_rev, left_at, quiet, recent_at, published_at, position)
VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8)
