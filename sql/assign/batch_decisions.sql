-- Purpose: what a batch decided on the leads of its rows, and which of its rows it rejected.
-- Grain: one row per decision and per rejected row, in the order of the rows. rule of a rejected row names the reasons.
-- Parameters: $batch_id BIGINT. Reads: lead_assignment, batch_row, staged_rejected. Writes: nothing.
-- Caller: flows/steps/assign.py.

SELECT
    a.batch_id,
    r.row_number,
    a.lead_id,
    a.teamId AS team_id,
    a.assignedTo AS owner,
    a.owner_rule AS rule
FROM lead_assignment AS a
INNER JOIN batch_row AS r ON r.batch_id = a.batch_id AND r.lead_id = a.lead_id AND r.outcome <> 'merged'
WHERE a.batch_id = $batch_id
UNION ALL
SELECT
    $batch_id AS batch_id,
    s.row_number,
    NULL AS lead_id,
    NULL AS team_id,
    NULL AS owner,
    'rejected: ' || array_to_string(list_transform(s.reasons, lambda x: x.code), ', ') AS rule
FROM staged_rejected AS s
ORDER BY 2;
