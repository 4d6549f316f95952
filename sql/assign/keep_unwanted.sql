-- Purpose: leave the leads of a handover that nobody could take with their owner.
-- Grain: one row per such lead. Reads: dealt_turn, used_team. Writes: proposed_assignment.
-- Caller: flows/steps/assign.py.

DELETE FROM proposed_assignment
WHERE
    lead_id NOT IN (SELECT d.lead_id FROM dealt_turn AS d)
    AND teamId NOT IN (SELECT t.teamId FROM used_team AS t WHERE t.fallback_owner IS NOT NULL);
