-- Purpose: the source records of the touched leads, and what their ids follow from.
-- Grain: one row per source record. Parameters: none.
-- Reads: touched_lead, record_lead, lead, record, withdrawn_record, batch_belief, lead_alias, batch_row.
-- Writes: nothing. Caller: flows/regroup.py, flows/undo.py.

WITH affected AS (
    SELECT DISTINCT t.lead_id FROM touched_lead AS t
),

crm_record AS (
    -- The CRM's id, followed to the one that took its place.
    SELECT
        r.source_id,
        arg_max(coalesce(a.lead_id, r.id), r.record_id) AS crm_id
    FROM record AS r
    INNER JOIN batch_belief AS k ON k.batch_id = r.batch_id AND k.id = 0
    LEFT JOIN lead_alias AS a ON a.alias_id = r.id
    WHERE
        r.source_id IN (SELECT l.source_id FROM record_lead AS l INNER JOIN affected AS f ON f.lead_id = l.lead_id)
        AND r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
    GROUP BY r.source_id
),

-- The lead that a source record belonged to when it came.
first_told AS (
    SELECT
        r.source_id,
        arg_min(w.lead_id, w.batch_id) AS first_lead_id
    FROM batch_row AS w
    INNER JOIN record AS r ON r.record_id = w.record_id
    WHERE r.source_id IN (SELECT l.source_id FROM record_lead AS l INNER JOIN affected AS f ON f.lead_id = l.lead_id)
    GROUP BY r.source_id
)

SELECT
    l.source_id,
    l.lead_id,
    l.born_id,
    c.crm_id,
    d.accountId AS account_id,
    t.first_lead_id
FROM record_lead AS l
INNER JOIN affected AS f ON f.lead_id = l.lead_id
INNER JOIN lead AS d ON d.id = l.lead_id
LEFT JOIN first_told AS t ON t.source_id = l.source_id
LEFT JOIN crm_record AS c ON c.source_id = l.source_id
ORDER BY l.source_id;
