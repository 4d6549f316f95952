-- Purpose: one batch as it was recorded, with what stands of it today.
-- Grain: one row, or none. Parameters: $batch_id BIGINT. Reads: batch, batch_status. Writes: nothing.
-- Caller: flows/steps/publish.py.

SELECT
    b.*,
    s.status AS status_today
FROM batch AS b
INNER JOIN batch_status AS s ON s.batch_id = b.batch_id
WHERE b.batch_id = $batch_id;
