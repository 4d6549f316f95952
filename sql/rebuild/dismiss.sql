-- Purpose: dismiss again what was dismissed.
-- Grain: one row per rejected row. Parameters: none. Reads: incoming (batch_id, row_number). Writes: rejected_row.
-- Caller: flows/rebuild.py.

UPDATE rejected_row
SET status = 'dismissed'
FROM incoming AS i
WHERE i.batch_id = rejected_row.batch_id AND i.row_number = rejected_row.row_number;
