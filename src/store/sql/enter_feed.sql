INSERT INTO membership (feed, story, entered_at, entered_rev, left_at, quiet, recent_at, published_at, position)
VALUES (:feed, :story, :at, :rev, NULL, :quiet, :recent_at, :published_at, :position)
ON CONFLICT (feed, story) DO UPDATE SET
    published_at = excluded.published_at,
    position = excluded.position,
    -- Back after it had left: it enters anew.
    entered_at = iif(left_at IS NULL, entered_at, excluded.entered_at),
    entered_rev = iif(left_at IS NULL, entered_rev, excluded.entered_rev),
    quiet = iif(left_at IS NULL, quiet, excluded.quiet),
    recent_at = iif(left_at IS NULL, recent_at, excluded.recent_at),
    left_at = NULL
