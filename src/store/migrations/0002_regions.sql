-- Where items are about, and what their sources say of it.
ALTER TABLE item ADD COLUMN regions TEXT NOT NULL DEFAULT '[]';  -- JSON: codes of ISO 3166
ALTER TABLE source_state ADD COLUMN country TEXT;  -- of the publisher
ALTER TABLE source_state ADD COLUMN regions TEXT NOT NULL DEFAULT '[]';  -- JSON: those of all its items
