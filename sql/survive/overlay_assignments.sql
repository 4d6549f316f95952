-- Purpose: complete the concluded leads with the decisions that stand, where no record is believed for them.
-- Grain: one row per touched lead. Reads: standing_assignment. Writes: concluded.
-- Caller: flows/steps/survive.py.

UPDATE concluded
SET
    teamId = coalesce(concluded.teamId, a.teamId),
    leadSourceId = coalesce(concluded.leadSourceId, a.leadSourceId),
    assignedTo = coalesce(concluded.assignedTo, a.assignedTo)
FROM standing_assignment AS a
WHERE a.lead_id = concluded.id;
