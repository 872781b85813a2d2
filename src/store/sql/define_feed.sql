INSERT INTO feed (topic, definition, title, configured, wanted_rev, queries, branches, defined_by, first_round_until)
VALUES (?1, ?2, ?3, 1, ?4, ?6, ?7, ?8, ?9)
ON CONFLICT (topic) DO UPDATE SET
    definition = ?2,
    title = ?3,
    configured = 1,
    wanted_rev = ?4,
    changed_at = ?5,
    queries = ?6,
    branches = ?7
