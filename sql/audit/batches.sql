-- Purpose: all batches as they were recorded, with what stands of each today.
-- Grain: one row per batch, the newest first. Parameters: none. Reads: batch, batch_status. Writes: nothing.
-- Caller: flows/steps/publish.py.

SELECT
    b.*,
    s.status AS status_today
FROM batch AS b
INNER JOIN batch_status AS s ON s.batch_id = b.batch_id
ORDER BY b.batch_id DESC;
