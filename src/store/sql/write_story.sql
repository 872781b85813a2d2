INSERT INTO story (
    id, founder, shown, shown_hash, published_at, published_offset, published_precision, published_origin, updated_at
) VALUES (
    :id, :founder, :shown, :shown_hash, :published_at, :published_offset, :published_precision, :published_origin,
    :updated_at
)
ON CONFLICT (id) DO UPDATE SET
    shown = excluded.shown,
    shown_hash = excluded.shown_hash,
    published_at = excluded.published_at,
    published_offset = excluded.published_offset,
    published_precision = excluded.published_precision,
    published_origin = excluded.published_origin,
    updated_at = excluded.updated_at
