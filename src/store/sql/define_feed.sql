INSERT INTO feed (topic, definition, title, configured, wanted_rev, queries, branches)
VALUES (?1, ?2, ?3, 1, ?4, ?6, ?7)
ON CONFLICT (topic) DO UPDATE SET
    definition = ?2,
    title = ?3,
    configured = 1,
    wanted_rev = ?4,
    changed_at = ?5,
    queries = ?6,
    branches = ?7
