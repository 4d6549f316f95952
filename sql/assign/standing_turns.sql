-- Purpose: the turns that stand, for the teams that need one now: rotation goes on from them, so an undone batch
--   gives its turns back.
-- Grain: one row per team, pool of then, and member who took the turns.
-- Parameters: none. Reads: standing_lead_assignment, rotation_round, proposed_assignment. Writes: nothing.
-- Caller: flows/steps/assign.py.

-- Counted before the pools are looked at, which are few and long.
WITH taken AS (
    SELECT
        a.batch_id,
        a.round,
        a.teamId,
        a.assignedTo,
        count(*) AS turn_count
    FROM standing_lead_assignment AS a
    WHERE
        a.owner_rule = 'rotation'
        AND a.teamId IN (SELECT p.teamId FROM proposed_assignment AS p WHERE p.needs_turn)
    GROUP BY a.batch_id, a.round, a.teamId, a.assignedTo
)

SELECT
    t.teamId,
    r.pool::VARCHAR AS pool,
    t.assignedTo,
    sum(t.turn_count)::BIGINT AS turn_count
FROM taken AS t
INNER JOIN rotation_round AS r ON r.batch_id = t.batch_id AND r.round = t.round
GROUP BY t.teamId, r.pool, t.assignedTo
ORDER BY t.teamId, pool, t.assignedTo;
