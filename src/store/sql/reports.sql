SELECT
    item.id, item.source, item.language, item.regions, item.topics, item.content_hash, item.published_at,
    item.published_offset, item.published_precision, item.published_origin, item.updated_at, item.position,
    length(item.text) AS text_length, source_state.rank
FROM item
JOIN source_state ON source_state.source = item.source
WHERE item.story = ? AND NOT item.held
ORDER BY item.seq
