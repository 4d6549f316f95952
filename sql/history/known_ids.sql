-- Purpose: the ids of the lead that an id means today: its own, and those that were given up to it; of an id whose lead is
--   gone, itself.
-- Grain: one row per id, the lead's own first; none for an id that was never a lead's. Parameters: $lead_id BIGINT.
-- Reads: lead, lead_alias. Writes: nothing. Caller: flows/history.py.

WITH today AS (
    SELECT coalesce(a.lead_id, l.id, a.alias_id) AS lead_id
    FROM (SELECT $lead_id::BIGINT AS id) AS asked
    LEFT JOIN lead AS l ON l.id = asked.id
    LEFT JOIN lead_alias AS a ON a.alias_id = asked.id
    WHERE l.id IS NOT NULL OR a.alias_id IS NOT NULL
)

SELECT t.lead_id
FROM today AS t
UNION ALL
(
    SELECT a.alias_id AS lead_id
    FROM lead_alias AS a
    INNER JOIN today AS t ON t.lead_id = a.lead_id
    ORDER BY a.alias_id
);
