-- Purpose: who can take a turn today, in each team that needs one: its members with a weight, who are active and
--   not absent, in the order of team_members.csv.
-- Grain: one row per eligible team member, ordered by team and position.
-- Parameters: none. Reads: proposed_assignment, used_team, used_team_member, used_user, absence. Writes: nothing.
-- Caller: flows/steps/assign.py.

SELECT
    m.teamId,
    m.user,
    m.weight
FROM used_team_member AS m
LEFT JOIN used_team AS t ON t.teamId = m.teamId
LEFT JOIN used_user AS u ON u.user = m.user
CROSS JOIN this_batch AS b
WHERE
    m.weight > 0
    AND coalesce(u.active, TRUE)
    AND coalesce(t.active, TRUE)
    AND m.teamId IN (SELECT p.teamId FROM proposed_assignment AS p WHERE p.needs_turn)
    AND NOT EXISTS (
        SELECT 1
        FROM absence AS a
        WHERE
            a.user = m.user
            AND (b.started_at AT TIME ZONE coalesce(t.timezone, 'UTC'))::DATE
            BETWEEN a.first_on AND coalesce(a.last_on, 'infinity'::DATE)
    )
ORDER BY m.teamId, m.position;
