-- When what an item announces takes place; of a day without a time its 00:00.
ALTER TABLE item ADD COLUMN event_at INTEGER;
ALTER TABLE item ADD COLUMN event_offset INTEGER;
ALTER TABLE item ADD COLUMN event_precision TEXT;
ALTER TABLE item ADD COLUMN event_origin TEXT;
