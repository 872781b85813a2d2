-- Items whose tokens are not yet in `item_token`, by `seq`: the index is written in runs, after the commit that brought
-- them.
CREATE TABLE token_due (item INTEGER PRIMARY KEY);
