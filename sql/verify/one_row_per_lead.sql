-- Purpose: whether in each batch exactly one row of each lead is inserted, updated or unchanged. A row of a list of opt-outs has
--   neither a lead nor a record.
-- Grain: one row per batch where it is not so. Parameters: none. Reads: batch_row. Writes: nothing. Caller: flows/verify.py.

SELECT
    w.batch_id AS first_batch,
    count(*) || ' lead(s) with not exactly one row that is inserted, updated or unchanged' AS detail
FROM (
    SELECT r.batch_id
    FROM batch_row AS r
    WHERE r.outcome NOT IN ('rejected', 'suppressed')
    GROUP BY r.batch_id, r.lead_id
    HAVING
        (
            r.lead_id IS NOT NULL
            AND count(*) FILTER (WHERE r.outcome IN ('inserted', 'updated', 'unchanged')) <> 1
        )
        OR (r.lead_id IS NULL AND (count(r.record_id) > 0 OR bool_or(r.outcome <> 'unchanged')))
) AS w
GROUP BY w.batch_id
ORDER BY first_batch;
