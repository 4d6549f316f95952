-- Purpose: every record read is accounted for exactly once, and the batch's counts agree with its rows.
-- Grain: one row per broken rule; none when all is well. Parameters: $batch_id BIGINT, $rows_read BIGINT.
-- Reads: batch, batch_row. Writes: nothing. Caller: flows/steps/load.py.

SELECT 'rows read, counted and told apart differ' AS broken
FROM batch AS b
WHERE
    b.batch_id = $batch_id
    AND (
        b.rows_read <> $rows_read
        OR b.rows_read <> b.rows_inserted + b.rows_updated + b.rows_unchanged
        + b.rows_merged + b.rows_rejected + b.rows_suppressed
    )
UNION ALL
SELECT 'a row number is missing or twice there' AS broken
FROM batch_row AS r
WHERE r.batch_id = $batch_id
HAVING
    count(*) <> count(DISTINCT r.row_number)
    OR coalesce(max(r.row_number), 0) > $rows_read;
