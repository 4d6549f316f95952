-- Purpose: whether lead ids are unique, every id that was ever given out is a lead or an alias, and aliases lead to leads.
-- Grain: one row per broken rule. Parameters: none.
-- Reads: lead, lead_alias, batch_row, lead_event, lead_assignment. Writes: nothing. Caller: flows/verify.py.

WITH given AS (
    SELECT
        r.lead_id,
        min(r.batch_id) AS batch_id
    FROM batch_row AS r
    WHERE r.lead_id IS NOT NULL
    GROUP BY r.lead_id
    UNION ALL
    SELECT
        e.lead_id,
        min(e.batch_id) AS batch_id
    FROM lead_event AS e
    GROUP BY e.lead_id
    UNION ALL
    SELECT
        a.lead_id,
        min(a.batch_id) AS batch_id
    FROM lead_assignment AS a
    GROUP BY a.lead_id
),

lost AS (
    SELECT
        g.lead_id,
        min(g.batch_id) AS batch_id
    FROM given AS g
    ANTI JOIN lead AS l ON l.id = g.lead_id
    ANTI JOIN lead_alias AS a ON a.alias_id = g.lead_id
    GROUP BY g.lead_id
)

SELECT
    min(l.first_batch_id) AS first_batch,
    count(*) || ' lead(s) have an id that another has' AS detail
FROM (
    SELECT
        d.id,
        min(d.first_batch_id) AS first_batch_id
    FROM lead AS d
    GROUP BY d.id
    HAVING count(*) > 1 OR d.id IS NULL
) AS l
HAVING count(*) > 0
UNION ALL
SELECT
    min(x.batch_id) AS first_batch,
    count(*) || ' id(s) that were given out are neither a lead nor an alias' AS detail
FROM lost AS x
HAVING count(*) > 0
UNION ALL
SELECT
    NULL AS first_batch,
    count(*) || ' alias(es) lead to no lead' AS detail
FROM lead_alias AS a
WHERE a.lead_id IS NOT NULL AND a.lead_id NOT IN (SELECT l.id FROM lead AS l)
HAVING count(*) > 0
UNION ALL
SELECT
    NULL AS first_batch,
    count(*) || ' id(s) are a lead and an alias at once, or an alias twice' AS detail
FROM (
    SELECT a.alias_id
    FROM lead_alias AS a
    LEFT JOIN lead AS l ON l.id = a.alias_id
    GROUP BY a.alias_id
    HAVING count(*) > 1 OR count(l.id) > 0
) AS twice
HAVING count(*) > 0;
