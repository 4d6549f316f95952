-- Purpose: team and owner of the leads that came into being since a moment, as they are, with the latest rule on the owner.
-- Grain: one row per lead, in the order of batches and rows. Parameters: $since TIMESTAMPTZ.
-- Reads: lead, batch, batch_row, standing_lead_assignment, lead_alias. Writes: nothing. Caller: flows/steps/assign.py.

WITH decided AS (
    SELECT
        coalesce(n.lead_id, a.lead_id) AS lead_id,
        arg_max(a.owner_rule, a.batch_id) AS rule
    FROM standing_lead_assignment AS a
    LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
    GROUP BY coalesce(n.lead_id, a.lead_id)
),

founded AS (
    SELECT
        coalesce(n.lead_id, r.lead_id) AS lead_id,
        r.batch_id,
        min(r.row_number) AS row_number
    FROM batch_row AS r
    LEFT JOIN lead_alias AS n ON n.alias_id = r.lead_id
    GROUP BY coalesce(n.lead_id, r.lead_id), r.batch_id
)

SELECT
    b.batch_id,
    f.row_number,
    l.id AS lead_id,
    l.teamId AS team_id,
    l.assignedTo AS owner,
    d.rule
FROM lead AS l
INNER JOIN batch AS b ON b.batch_id = l.first_batch_id
INNER JOIN founded AS f ON f.lead_id = l.id AND f.batch_id = b.batch_id
LEFT JOIN decided AS d ON d.lead_id = l.id
WHERE b.started_at >= $since
ORDER BY b.batch_id, f.row_number;
