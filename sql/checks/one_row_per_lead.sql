-- Purpose: per batch and lead exactly one row is inserted, updated or unchanged; the others are merged into it. A row of a
--   list of opt-outs has neither a lead nor a record.
-- Grain: one row per broken rule; none when all is well. Parameters: $batch_id BIGINT.
-- Reads: batch_row. Writes: nothing. Caller: flows/steps/load.py.

SELECT 'a lead has not exactly one row that is inserted, updated or unchanged' AS broken
FROM (
    SELECT r.lead_id
    FROM batch_row AS r
    WHERE r.batch_id = $batch_id AND r.outcome NOT IN ('rejected', 'suppressed')
    GROUP BY r.lead_id
    HAVING
        (
            r.lead_id IS NOT NULL
            AND count(*) FILTER (WHERE r.outcome IN ('inserted', 'updated', 'unchanged')) <> 1
        )
        OR (r.lead_id IS NULL AND (count(r.record_id) > 0 OR bool_or(r.outcome <> 'unchanged')))
) AS wrong
HAVING count(*) > 0;
