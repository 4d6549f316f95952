-- Purpose: the leads that take a turn, in the order of their first rows in the file.
-- Grain: one row per lead.
-- Parameters: none. Reads: proposed_assignment. Writes: nothing. Caller: flows/steps/assign.py.

SELECT
    p.lead_id,
    p.teamId
FROM proposed_assignment AS p
WHERE p.needs_turn
ORDER BY p.teamId, p.order_number;
