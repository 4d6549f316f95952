-- Purpose: how full the columns of a batch's file were.
-- Grain: one row per column. Parameters: $batch_id BIGINT. Reads: batch_column. Writes: nothing. Caller: flows/retold.py.

SELECT c.*
FROM batch_column AS c
WHERE c.batch_id = $batch_id;
