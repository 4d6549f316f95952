-- Purpose: whether the batch moves any lead to another account.
-- Grain: one row. Parameters: none. Reads: foreign_row, staged_rejected. Writes: nothing. Caller: flows/steps/resolve.py.

SELECT count(*) > 0 AS has_moves
FROM foreign_row AS f
WHERE f.row_number NOT IN (SELECT r.row_number FROM staged_rejected AS r);
