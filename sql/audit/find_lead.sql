-- Purpose: the lead that an id means today: its own, or the one that the id was given up to.
-- Grain: one row, or none for an id that was never given. Parameters: $lead_id BIGINT.
-- Reads: lead, lead_alias. Writes: nothing. Caller: flows/explain.py.

SELECT
    coalesce(a.lead_id, l.id) AS lead_id,
    a.reason
FROM (SELECT $lead_id::BIGINT AS id) AS asked
LEFT JOIN lead AS l ON l.id = asked.id
LEFT JOIN lead_alias AS a ON a.alias_id = asked.id
WHERE l.id IS NOT NULL OR a.alias_id IS NOT NULL;
