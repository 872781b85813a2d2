-- Pages that an item links to and how they belong together, a JSON list.
ALTER TABLE item ADD COLUMN links TEXT NOT NULL DEFAULT '[]';
