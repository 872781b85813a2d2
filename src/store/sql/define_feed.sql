INSERT INTO feed (topic, definition, title, configured, wanted_rev)
VALUES (?1, ?2, ?3, 1, ?4)
ON CONFLICT (topic) DO UPDATE SET
    definition = ?2,
    title = ?3,
    configured = 1,
    wanted_rev = ?4,
    changed_at = ?5
