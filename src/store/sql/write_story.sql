INSERT INTO story (
    id, founder, shown, shown_hash, published_at, published_offset, published_precision, published_origin, updated_at
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
    ?9
)
ON CONFLICT (id) DO UPDATE SET
    shown = excluded.shown,
    shown_hash = excluded.shown_hash,
    published_at = excluded.published_at,
    published_offset = excluded.published_offset,
    published_precision = excluded.published_precision,
    published_origin = excluded.published_origin,
    updated_at = excluded.updated_at
