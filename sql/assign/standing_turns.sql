-- Purpose: the turns that stand, for the teams that need one now: rotation goes on from them, so an undone batch
--   gives its turns back.
-- Grain: one row per team, pool of then, and member who took the turns.
-- Parameters: none. Reads: assignment, batch_status, proposed_assignment. Writes: nothing.
-- Caller: flows/steps/assign.py.

SELECT
    a.teamId,
    a.pool::VARCHAR AS pool,
    a.assignedTo,
    count(*) AS turn_count
FROM assignment AS a
WHERE
    a.owner_rule = 'rotation'
    AND a.teamId IN (SELECT p.teamId FROM proposed_assignment AS p WHERE p.needs_turn)
    AND a.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
GROUP BY a.teamId, a.pool, a.assignedTo
ORDER BY a.teamId, pool, a.assignedTo;
