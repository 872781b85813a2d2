-- The picture that stands for an item, as JSON.
ALTER TABLE item ADD COLUMN image TEXT;
-- Where the source's feed or page can be read, for readers: its address without what is secret in it.
ALTER TABLE source_state ADD COLUMN address TEXT;
