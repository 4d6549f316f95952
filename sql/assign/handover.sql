-- Purpose: what a handover does with each open lead of the user. rule is the rule that decided on the new owner; or why
--   there is none: the CRM or a trusted feed says who owns the lead ('crm'), it has no team ('no_team'), it may be
--   contacted by no channel and takes no turn ('opted_out'), or nobody of the team could take it ('no_member').
-- Grain: one row per open lead of the user, the oldest first. Parameters: none.
-- Reads: this_batch, staged_person, concluded, lead, lead_assignment, proposed_assignment, used_team. Writes: nothing.
-- Caller: flows/steps/assign.py.

SELECT
    p.lead_id,
    l.teamId,
    t.name AS team_name,
    l.assignedTo AS owner,
    a.assignedTo AS new_owner,
    CASE
        WHEN a.lead_id IS NOT NULL THEN a.owner_rule
        WHEN c.assignedTo IS NOT NULL THEN 'crm'
        WHEN l.teamId IS NULL THEN 'no_team'
        WHEN o.no_turn_rule IS NOT NULL THEN 'opted_out'
        ELSE 'no_member'
    END AS rule
FROM staged_person AS p
INNER JOIN concluded AS c ON c.id = p.lead_id
INNER JOIN lead AS l ON l.id = p.lead_id
CROSS JOIN this_batch AS b
LEFT JOIN lead_assignment AS a ON a.lead_id = p.lead_id AND a.batch_id = b.batch_id
LEFT JOIN proposed_assignment AS o ON o.lead_id = p.lead_id
LEFT JOIN used_team AS t ON t.teamId = l.teamId
ORDER BY p.first_row_number;
