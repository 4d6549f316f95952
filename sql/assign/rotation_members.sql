-- Purpose: who can take a turn in each team that needs one, on which day, and why the others cannot. The day is the
--   team's today; where nobody can because of days off alone, and $waits, the next of seven on which somebody can.
-- Grain: one row per member of such a team, ordered by team and position. reason is NULL for who can take a turn. room is
--   how many leads the caps leave, NULL for no cap; cap_reason is the cap that is the nearer one. is_away where turns
--   become due to somebody absent all the same.
-- Parameters: $waits BOOLEAN.
-- Reads: this_batch, proposed_assignment, used_team, used_team_member, used_user, used_stage, absence,
--   standing_lead_assignment, rotation_round, lead. Writes: nothing. Caller: flows/steps/assign.py.

WITH home AS (
    SELECT
        n.teamId,
        coalesce(t.active, TRUE) AS is_active,
        coalesce(t.reentry, 'resume') AS reentry,
        (b.started_at AT TIME ZONE coalesce(t.timezone, 'UTC'))::DATE AS today
    FROM (SELECT DISTINCT p.teamId FROM proposed_assignment AS p WHERE p.needs_turn) AS n
    CROSS JOIN this_batch AS b
    LEFT JOIN used_team AS t ON t.teamId = n.teamId
),

member AS (
    SELECT
        m.teamId,
        m.user,
        m.weight,
        m.daily_cap,
        m.open_cap,
        coalesce(m.tier, 1) AS tier,
        m.position,
        h.reentry,
        h.today,
        u.working_days,
        CASE
            WHEN NOT h.is_active THEN 'team_inactive'
            WHEN m.weight = 0 THEN 'no_weight'
            WHEN NOT coalesce(u.active, TRUE) THEN 'inactive'
        END AS standing_reason
    FROM home AS h
    INNER JOIN used_team_member AS m ON m.teamId = h.teamId
    LEFT JOIN used_user AS u ON u.user = m.user
),

offered AS (
    SELECT
        m.teamId,
        m.user,
        (m.today + d.ahead)::DATE AS day,
        d.ahead,
        coalesce(
            m.standing_reason,
            CASE
                WHEN
                    EXISTS (
                        SELECT 1
                        FROM absence AS a
                        WHERE
                            a.user = m.user
                            AND m.today + d.ahead BETWEEN a.first_on AND coalesce(a.last_on, 'infinity'::DATE)
                    )
                    THEN 'absent'
                WHEN NOT coalesce(list_contains(m.working_days, isodow(m.today + d.ahead)), TRUE) THEN 'day_off'
            END
        ) AS reason
    FROM member AS m
    CROSS JOIN (SELECT unnest(range(8))::INTEGER AS ahead) AS d
    WHERE d.ahead = 0 OR $waits
),

chosen AS (
    SELECT
        o.teamId,
        CASE
            WHEN bool_or(o.ahead = 0 AND o.reason = 'day_off') AND NOT bool_or(o.ahead = 0 AND o.reason IS NULL)
                THEN coalesce(min(o.ahead) FILTER (WHERE o.reason IS NULL), 0)
            ELSE 0
        END AS ahead
    FROM offered AS o
    GROUP BY o.teamId
),

dealt_that_day AS (
    SELECT
        a.teamId,
        a.assignedTo,
        count(*) AS lead_count
    FROM standing_lead_assignment AS a
    INNER JOIN rotation_round AS r ON r.batch_id = a.batch_id AND r.round = a.round
    INNER JOIN chosen AS c ON c.teamId = a.teamId
    INNER JOIN home AS h ON h.teamId = a.teamId AND r.turn_on = h.today + c.ahead
    WHERE a.assignedTo IN (SELECT m.user FROM member AS m WHERE m.daily_cap IS NOT NULL)
    GROUP BY a.teamId, a.assignedTo
),

open_lead AS (
    SELECT
        l.teamId,
        l.assignedTo
    FROM lead AS l
    LEFT JOIN used_stage AS s ON lower(s.processStage) = lower(l.processStage)
    WHERE
        l.assignedTo IN (SELECT m.user FROM member AS m WHERE m.open_cap IS NOT NULL)
        AND l.archived IS NOT TRUE
        AND l.missing_since IS NULL
        AND coalesce(s.kind, 'open') = 'open'
        AND l.id NOT IN (SELECT p.previous_lead_id FROM proposed_assignment AS p WHERE p.previous_lead_id IS NOT NULL)
    UNION ALL
    SELECT
        p.teamId,
        p.assignedTo
    FROM proposed_assignment AS p
    WHERE p.assignedTo IS NOT NULL AND p.is_open
),

open_count AS (
    SELECT
        o.teamId,
        o.assignedTo,
        count(*) AS lead_count
    FROM open_lead AS o
    GROUP BY o.teamId, o.assignedTo
),

counted AS (
    SELECT
        m.*,
        o.day AS turn_on,
        o.reason AS day_reason,
        m.daily_cap - coalesce(d.lead_count, 0) AS daily_room,
        m.open_cap - coalesce(k.lead_count, 0) AS open_room
    FROM member AS m
    INNER JOIN chosen AS c ON c.teamId = m.teamId
    INNER JOIN offered AS o ON o.teamId = m.teamId AND o.user = m.user AND o.ahead = c.ahead
    LEFT JOIN dealt_that_day AS d ON d.teamId = m.teamId AND d.assignedTo = m.user
    LEFT JOIN open_count AS k ON k.teamId = m.teamId AND k.assignedTo = m.user
),

judged AS (
    SELECT
        c.*,
        least(c.daily_room, c.open_room) AS nearest_room,
        CASE WHEN c.daily_room <= coalesce(c.open_room, c.daily_room) THEN 'over_daily_cap' ELSE 'over_open_cap' END
            AS cap_reason
    FROM counted AS c
)

SELECT
    j.teamId,
    j.user,
    j.weight,
    j.tier,
    j.turn_on,
    coalesce(j.day_reason, CASE WHEN j.nearest_room <= 0 THEN j.cap_reason END) AS reason,
    CASE WHEN j.nearest_room IS NOT NULL THEN greatest(j.nearest_room, 0) END AS room,
    j.cap_reason,
    coalesce(j.day_reason = 'absent' AND j.reentry = 'catch_up', FALSE) AS is_away
FROM judged AS j
ORDER BY j.teamId, j.position;
