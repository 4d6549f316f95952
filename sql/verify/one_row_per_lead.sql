-- Purpose: whether in each batch exactly one row of each lead is inserted, updated or unchanged.
-- Grain: one row per batch where it is not so. Parameters: none. Reads: batch_row. Writes: nothing. Caller: flows/verify.py.

SELECT
    w.batch_id AS first_batch,
    count(*) || ' lead(s) with not exactly one row that is inserted, updated or unchanged' AS detail
FROM (
    SELECT r.batch_id
    FROM batch_row AS r
    WHERE r.outcome NOT IN ('rejected', 'suppressed')
    GROUP BY r.batch_id, r.lead_id
    HAVING count(*) FILTER (WHERE r.outcome IN ('inserted', 'updated', 'unchanged')) <> 1 OR r.lead_id IS NULL
) AS w
GROUP BY w.batch_id
ORDER BY first_batch;
