-- Purpose: on the leads that the batch touches: ids are unique, every id that a row was told is a lead or an
--   alias, every lead has records, and nothing crosses accounts.
-- Grain: one row per broken rule; none when all is well. Parameters: $batch_id BIGINT.
-- Reads: batch_row, lead, lead_alias, touched_lead, standing_version, record. Writes: nothing.
-- Caller: flows/steps/load.py.

WITH batch_lead AS (
    SELECT DISTINCT r.lead_id
    FROM batch_row AS r
    WHERE r.batch_id = $batch_id AND r.lead_id IS NOT NULL
),

found AS (
    SELECT
        b.lead_id,
        count(l.id) AS lead_count
    FROM batch_lead AS b
    LEFT JOIN lead AS l ON l.id = b.lead_id
    GROUP BY b.lead_id
)

SELECT 'a lead id is not unique' AS broken
FROM found AS f
HAVING count(*) FILTER (WHERE f.lead_count > 1) > 0
UNION ALL
SELECT 'a row names an id that is no lead' AS broken
FROM found AS f
HAVING count(*) FILTER (WHERE f.lead_count = 0) > 0
UNION ALL
SELECT 'an id is a lead and an alias at once' AS broken
FROM lead_alias AS a
INNER JOIN batch_lead AS b ON b.lead_id = a.alias_id
HAVING count(*) > 0
UNION ALL
SELECT 'a touched lead has no records' AS broken
FROM touched_lead AS t
WHERE t.lead_id NOT IN (SELECT v.lead_id FROM standing_version AS v)
HAVING count(*) > 0
UNION ALL
SELECT 'a lead holds records of two accounts' AS broken
FROM (
    SELECT w.lead_id
    FROM (
        SELECT
            v.lead_id,
            v.source_id,
            r.accountId AS account_id
        FROM standing_version AS v
        INNER JOIN record AS r ON r.record_id = v.record_id
        QUALIFY row_number() OVER (
            PARTITION BY v.source_id
            ORDER BY v.version_at DESC, v.record_id DESC
        ) = 1
    ) AS w
    GROUP BY w.lead_id
    HAVING count(DISTINCT w.account_id) > 1
) AS crossing
HAVING count(*) > 0;
