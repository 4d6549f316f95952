-- Purpose: what was said about how people may be contacted, and of whom that holds today; by hash, never by address.
-- Grain: one row per contact value, channel, status and evidence, the newest first.
-- Parameters: $lead_id BIGINT or NULL for all leads.
-- Reads: contact_preference, batch_status, lead_contact. Writes: nothing. Caller: flows/preferences.py.

WITH of_lead AS (
    SELECT
        c.value,
        list(DISTINCT c.lead_id ORDER BY c.lead_id) AS lead_ids
    FROM lead_contact AS c
    INNER JOIN (SELECT DISTINCT p.value FROM contact_preference AS p) AS v ON v.value = c.value
    GROUP BY c.value
)

SELECT
    p.value_hash,
    p.kind,
    p.channel,
    p.status,
    p.source,
    p.evidence,
    p.noted_at,
    p.last_noted_at,
    p.batch_id,
    p.row_number,
    p.status = 'out'
    OR p.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE NOT s.is_standing) AS is_standing,
    coalesce(o.lead_ids, []) AS lead_ids
FROM contact_preference AS p
LEFT JOIN of_lead AS o ON o.value = p.value
WHERE $lead_id::BIGINT IS NULL OR list_contains(o.lead_ids, $lead_id::BIGINT)
ORDER BY p.last_noted_at DESC, p.batch_id DESC, p.value_hash, p.channel, p.status, p.evidence;
