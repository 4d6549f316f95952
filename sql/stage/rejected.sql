-- Purpose: the rejected rows of the batch so far.
-- Grain: one row per rejected record, in file order. Parameters: none. Reads: staged_rejected. Writes: nothing.
-- Caller: flows/steps/load.py.

SELECT
    r.row_number,
    r.line_number,
    r.source_key,
    r.raw,
    r.reasons
FROM staged_rejected AS r
ORDER BY r.row_number;
