-- Purpose: who leads are, by their ids or by ids that were given up to them.
-- Grain: one row per lead. Parameters: $ids BIGINT[].
-- Reads: lead, lead_alias, record_lead, record. Writes: nothing. Caller: flows/erase.py.

WITH found AS (
    SELECT coalesce(a.lead_id, n.id) AS lead_id
    FROM (SELECT unnest($ids) AS id) AS n
    LEFT JOIN lead_alias AS a ON a.alias_id = n.id
)

SELECT
    l.id AS lead_id,
    l.firstName,
    l.lastName,
    l.company,
    (
        SELECT count(DISTINCT r.record_id)
        FROM record_lead AS k
        INNER JOIN record AS r ON r.source_id = k.source_id
        WHERE k.lead_id = l.id
    ) AS record_count,
    (
        SELECT string_agg(DISTINCT k.feed, ', ' ORDER BY k.feed)
        FROM record_lead AS k
        WHERE k.lead_id = l.id
    ) AS feeds
FROM lead AS l
SEMI JOIN found AS f ON f.lead_id = l.id
ORDER BY l.id;
