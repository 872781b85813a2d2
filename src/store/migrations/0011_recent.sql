-- The newest items of a source, by `seq`: new entries are compared with their guids and addresses.
CREATE INDEX item_recent ON item (source);
