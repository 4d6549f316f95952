-- Purpose: which rows of the batch are erased people's for sure: not those of a list of opt-outs.
-- Grain: one row per record read. Parameters: none. Reads: told_row. Writes: nothing. Caller: flows/retold.py.

SELECT t.row_number
FROM told_row AS t
WHERE t.is_erased AND (t.outcome = 'rejected' OR t.record_id IS NOT NULL)
ORDER BY t.row_number;
