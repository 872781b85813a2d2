-- A row that is there is of a story that had left.
INSERT OR REPLACE INTO membership (feed, story, entered_at, entered_rev, left_at, quiet, recent_at, published_at, position)
VALUES (:feed, :story, :at, :rev, NULL, :quiet, :recent_at, :published_at, :position)
