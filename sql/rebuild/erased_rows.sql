-- Purpose: which rows of the batch are erased people's.
-- Grain: one row per record read. Parameters: none. Reads: told_row. Writes: nothing. Caller: flows/retold.py.

SELECT t.row_number
FROM told_row AS t
WHERE t.is_erased
ORDER BY t.row_number;
