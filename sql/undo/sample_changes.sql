-- Purpose: some of the leads that the undo changes, field by field.
-- Grain: one row per lead and field, of ten leads; one for a lead that goes. Parameters: none.
-- Reads: lead_outcome, removed_lead. Writes: nothing. Caller: flows/undo.py.

WITH changed AS (
    SELECT
        o.lead_id,
        unnest(o.changes) AS change
    FROM lead_outcome AS o
    WHERE o.outcome = 'updated'
    QUALIFY dense_rank() OVER (ORDER BY o.lead_id) <= 10
),

removed AS (
    SELECT r.lead_id
    FROM removed_lead AS r
    ORDER BY r.lead_id
    LIMIT 10
)

SELECT
    c.lead_id,
    c.change.field AS field,
    c.change.before AS "now",
    c.change.after AS "then"
FROM changed AS c
UNION ALL
SELECT
    r.lead_id,
    NULL AS field,
    'a lead' AS "now",
    'none' AS "then"
FROM removed AS r
ORDER BY lead_id, field;
