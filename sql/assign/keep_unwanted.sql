-- Purpose: leave the leads of a handover that nobody could take, or that are to take no turn, with their owner: no decision
--   is written where nothing changes.
-- Grain: one row per such lead. Reads: dealt_turn. Writes: proposed_assignment.
-- Caller: flows/steps/assign.py.

UPDATE proposed_assignment
SET assignedTo = previous_owner
WHERE
    lead_id NOT IN (SELECT d.lead_id FROM dealt_turn AS d)
    AND (fallback_owner IS NULL OR no_turn_rule IS NOT NULL);
