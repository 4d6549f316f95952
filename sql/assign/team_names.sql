-- Purpose: the teams that take leads, as the rules of routing.toml name them.
-- Grain: one row per active team. Parameters: none. Reads: used_team. Writes: nothing. Caller: flows/steps/assign.py.

SELECT
    t.teamId,
    t.accountId,
    t.name
FROM used_team AS t
WHERE t.active
ORDER BY t.teamId;
