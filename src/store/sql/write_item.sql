INSERT INTO item (
    id, source, story, key_kind, key, weak_key, title, address, summary, content, text, sanitizer, language, assumed_language, authors, tags,
    enclosures, links, stated_at, stated_offset, stated_precision, published_at, published_offset, published_precision,
    published_origin, updated_at, event_at, event_offset, event_precision,
    event_origin, position, topics, regions, content_hash, first_rev, changed_rev, found_at, held
) VALUES (
    :id, :source, :story, :key_kind, :key, :weak_key, :title, :address, :summary, :content, :text, :sanitizer, :language,
    :assumed_language, :authors, :tags, :enclosures, :links, :stated_at, :stated_offset, :stated_precision, :published_at, :published_offset,
    :published_precision, :published_origin, :updated_at, :event_at, :event_offset,
    :event_precision, :event_origin, :position, :topics, :regions, :content_hash, :rev, :rev, :at,
    :held
)
ON CONFLICT (id) DO UPDATE SET
    story = excluded.story,
    weak_key = excluded.weak_key,
    title = excluded.title,
    address = excluded.address,
    summary = excluded.summary,
    content = excluded.content,
    text = excluded.text,
    sanitizer = excluded.sanitizer,
    language = excluded.language,
    assumed_language = excluded.assumed_language,
    authors = excluded.authors,
    tags = excluded.tags,
    enclosures = excluded.enclosures,
    links = excluded.links,
    stated_at = excluded.stated_at,
    stated_offset = excluded.stated_offset,
    stated_precision = excluded.stated_precision,
    published_at = excluded.published_at,
    published_offset = excluded.published_offset,
    published_precision = excluded.published_precision,
    published_origin = excluded.published_origin,
    updated_at = excluded.updated_at,
    event_at = excluded.event_at,
    event_offset = excluded.event_offset,
    event_precision = excluded.event_precision,
    event_origin = excluded.event_origin,
    topics = excluded.topics,
    regions = excluded.regions,
    content_hash = excluded.content_hash,
    changed_rev = excluded.changed_rev
RETURNING seq
