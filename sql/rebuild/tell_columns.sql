-- Purpose: put how full the columns of a batch's file were in the place of how full those of its redacted copy are.
-- Grain: one row per column. Reads: this_batch, told_column. Writes: batch_column. Caller: flows/retold.py.

DELETE FROM batch_column
WHERE batch_id = (SELECT b.batch_id FROM this_batch AS b);

INSERT INTO batch_column FROM told_column;
