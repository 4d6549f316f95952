-- Purpose: record one decision, with the rule behind each part, for every new lead and for every lead whose team,
--   source or owner is another than before.
-- Grain: one row per decision.
-- Reads: this_batch, proposed_assignment, dealt_turn, dealt_pool, used_team, lead. Writes: assignment.
-- Caller: flows/steps/assign.py.

INSERT INTO assignment
WITH decided AS (
    SELECT
        p.*,
        d.assignedTo AS turn_owner,
        CASE WHEN d.assignedTo IS NOT NULL THEN s.pool END AS pool,
        CASE WHEN p.needs_turn AND d.assignedTo IS NULL THEN t.fallback_owner END AS fallback_owner
    FROM proposed_assignment AS p
    LEFT JOIN dealt_turn AS d ON d.lead_id = p.lead_id
    LEFT JOIN dealt_pool AS s ON s.team_id = p.teamId
    LEFT JOIN used_team AS t ON t.teamId = p.teamId
)

SELECT
    b.batch_id,
    d.lead_id,
    d.teamId,
    d.leadSourceId,
    coalesce(d.assignedTo, d.turn_owner, d.fallback_owner) AS assignedTo,
    d.team_rule,
    d.source_rule,
    CASE
        WHEN d.owner_rule IS NOT NULL THEN d.owner_rule
        WHEN d.turn_owner IS NOT NULL THEN 'rotation'
        WHEN d.fallback_owner IS NOT NULL THEN 'fallback'
        WHEN d.teamId IS NULL THEN 'unassigned_no_team'
        WHEN d.needs_turn THEN 'unassigned_no_member'
        ELSE 'unassigned_no_rotation'
    END AS owner_rule,
    d.pool,
    NULL AS candidates
FROM decided AS d
CROSS JOIN this_batch AS b
LEFT JOIN lead AS l ON l.id = d.previous_lead_id
WHERE
    d.previous_lead_id IS NULL
    OR d.teamId IS DISTINCT FROM l.teamId
    OR d.leadSourceId IS DISTINCT FROM l.leadSourceId
    OR coalesce(d.assignedTo, d.turn_owner, d.fallback_owner) IS DISTINCT FROM l.assignedTo;
