-- Purpose: what the batch says that nothing standing says in the same words. Consent is the same only at the same time.
-- Grain: one row per contact value, channel, status and evidence, in the order of the rows.
-- Reads: said_preference, contact_preference, batch_status. Writes: nothing. Caller: flows/steps/preferences.py.

SELECT
    s.kind,
    s.value,
    s.channel,
    s.status,
    s.source,
    s.evidence,
    s.noted_at,
    s.noted_at AS last_noted_at,
    s.batch_id,
    s.row_number
FROM said_preference AS s
WHERE NOT EXISTS (
    SELECT 1
    FROM contact_preference AS p
    WHERE
        p.value = s.value
        AND p.channel = s.channel
        AND p.status = s.status
        AND p.source = s.source
        AND p.evidence = s.evidence
        AND (
            p.status = 'out'
            OR (
                p.noted_at = s.noted_at
                AND p.batch_id NOT IN (SELECT t.batch_id FROM batch_status AS t WHERE NOT t.is_standing)
            )
        )
)
ORDER BY s.row_number, s.kind, s.value, s.channel, s.status, s.evidence;
