-- Purpose: what was decided on the people of this batch, who were staged once more.
-- Grain: one row per lead, in the order of its first row. rule of a lead that would be refused names the reasons.
-- Parameters: none. Reads: this_batch, past_lead, lead_assignment, staged_rejected. Writes: nothing.
-- Caller: flows/steps/assign.py.

WITH person AS (
    SELECT
        p.lead_id,
        min(p.row_number) AS row_number
    FROM past_lead AS p
    INNER JOIN this_batch AS b ON b.batch_id = p.batch_id
    GROUP BY p.lead_id
)

SELECT
    b.batch_id,
    p.row_number,
    p.lead_id,
    a.teamId AS team_id,
    a.assignedTo AS owner,
    coalesce(a.owner_rule, 'rejected: ' || array_to_string(list_transform(r.reasons, lambda x: x.code), ', ')) AS rule
FROM person AS p
CROSS JOIN this_batch AS b
LEFT JOIN lead_assignment AS a ON a.lead_id = p.lead_id AND a.batch_id = b.batch_id
LEFT JOIN staged_rejected AS r ON r.row_number = p.row_number
ORDER BY p.row_number;
