-- Purpose: take the announcement away, before the audit row proper is written.
-- Grain: one row. Reads: this_batch. Writes: batch. Caller: flows/undo.py.

DELETE FROM batch
WHERE batch_id = (SELECT b.batch_id FROM this_batch AS b);
