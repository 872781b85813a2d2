-- When the whole body last came with a validator: a server may answer 304 for ever. NULL: the next request asks for it.
ALTER TABLE validator ADD COLUMN whole_at INTEGER;

-- Whether no answer came in time to the last poll.
ALTER TABLE source_state ADD COLUMN timed_out INTEGER NOT NULL DEFAULT 0;

-- The number of the definition that brought a source or a feed. The first good poll of a source belongs to the first
-- round of every feed that came no earlier, as long as this lasts.
ALTER TABLE source_state ADD COLUMN defined_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN defined_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN first_round_until INTEGER NOT NULL DEFAULT 0;
