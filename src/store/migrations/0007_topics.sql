-- What is in force of the configuration, to be compared with a changed one.
ALTER TABLE feed ADD COLUMN queries TEXT NOT NULL DEFAULT '[]';   -- JSON: a topic's, as they are written
ALTER TABLE feed ADD COLUMN branches TEXT NOT NULL DEFAULT '[]';  -- JSON: what a topic's branches are told apart by
ALTER TABLE source_state ADD COLUMN configured INTEGER NOT NULL DEFAULT 1;

-- Finds the few stories that were withdrawn.
CREATE INDEX story_withdrawn ON story (id) WHERE withdrawn_at IS NOT NULL;

-- Finds items by their words and facts, of which it keeps no order: `rowid` is the item's `seq`. A token ends at a blank
-- and nowhere else. Made anew where another version made it.
CREATE VIRTUAL TABLE item_token USING fts5 (
    tokens,
    content = '', contentless_delete = 1, detail = 'none',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
);
