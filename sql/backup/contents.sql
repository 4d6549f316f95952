-- Purpose: what a warehouse holds, to tell people, and to compare a copy with what it was made of.
-- Grain: one row. Parameters: none. Reads: batch, lead. Writes: nothing. Caller: flows/backup.py.

SELECT
    count(*) AS batch_count,
    max(b.batch_id) AS last_batch_id,
    (SELECT count(*) FROM lead AS l) AS lead_count
FROM batch AS b;
