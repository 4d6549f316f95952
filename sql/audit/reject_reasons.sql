-- Purpose: why a batch rejected rows.
-- Grain: one row per column and code. Parameters: $batch_id BIGINT. Reads: rejected_row. Writes: nothing.
-- Caller: flows/steps/publish.py.

SELECT
    r.reason."column" AS column_name,
    r.reason.code AS code,
    count(*) AS row_count
FROM (
    SELECT unnest(j.reasons) AS reason
    FROM rejected_row AS j
    WHERE j.batch_id = $batch_id
) AS r
GROUP BY r.reason."column", r.reason.code
ORDER BY row_count DESC, column_name, code;
