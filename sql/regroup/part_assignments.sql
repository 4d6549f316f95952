-- Purpose: who was set apart and never was a lead of its own keeps team, source and owner of the lead it was part of: the
--   owner knows both.
-- Grain: one row per lead that gets its id in this batch. Parameters: none.
-- Reads: staged_person, parted_from, lead, this_batch, lead_assignment. Writes: lead_assignment.
-- Caller: flows/regroup.py, flows/steps/assign.py.

INSERT INTO lead_assignment (batch_id, lead_id, teamId, leadSourceId, assignedTo, team_rule, source_rule, owner_rule)
SELECT
    b.batch_id,
    p.lead_id,
    l.teamId,
    l.leadSourceId,
    l.assignedTo,
    'unmerged' AS team_rule,
    'unmerged' AS source_rule,
    'unmerged' AS owner_rule
FROM staged_person AS p
INNER JOIN parted_from AS f ON f.lead_id = p.lead_id
INNER JOIN lead AS l ON l.id = f.previous_id
CROSS JOIN this_batch AS b
WHERE p.lead_id NOT IN (SELECT a.lead_id FROM lead_assignment AS a)
ORDER BY p.lead_id;
