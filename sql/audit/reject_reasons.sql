-- Purpose: why a batch rejected rows.
-- Grain: one row per column and code. Parameters: $batch_id BIGINT. Reads: rejected_row, rejected_sighting.
-- Writes: nothing. Caller: flows/steps/publish.py.

SELECT
    r.reason."column" AS column_name,
    r.reason.code AS code,
    count(*) AS row_count
FROM (
    SELECT unnest(j.reasons) AS reason
    FROM rejected_sighting AS s
    INNER JOIN rejected_row AS j ON j.batch_id = s.rejected_batch_id AND j.row_number = s.rejected_row_number
    WHERE s.batch_id = $batch_id
) AS r
GROUP BY r.reason."column", r.reason.code
ORDER BY row_count DESC, column_name, code;
