-- Purpose: what a batch logged of leads. Of erased people's entries that they are, and that they were erased.
-- Grain: one row per event. Parameters: $batch_id BIGINT. Reads: lead_event, lead_alias. Writes: nothing. Caller: flows/retold.py.

SELECT
    e.*,
    (
        e.event = 'lead_erased'
        OR (
            e.user IS NULL
            AND e.data IS NULL
            AND e.lead_id IN (
                SELECT a.alias_id AS lead_id
                FROM lead_alias AS a
                WHERE a.reason = 'erased'
                UNION ALL
                SELECT g.lead_id
                FROM lead_event AS g
                WHERE g.event = 'lead_erased'
            )
        )
    ) AS is_erased
FROM lead_event AS e
WHERE e.batch_id = $batch_id
ORDER BY e.id;
