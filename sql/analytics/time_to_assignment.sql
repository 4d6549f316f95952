-- Purpose: how long leads wait for their first owner, from their creation as the source tells it.
-- Grain: one row per account, team, origin and month of creation; missing leads are left out, archived ones are not.
-- Columns:
--   accountId              account (tenant)
--   teamId                 team of the leads today; NULL: none
--   team_name              its name; NULL: not in teams.csv
--   origin                 crm: the CRM has the lead; vendor: only vendors have given it
--   created_month          first day of the month (UTC) in which the leads were created
--   lead_count             leads: the sum of the next three
--   timed_count            leads of which the time of the first assignment is known
--   untimed_count          leads that have, or had, an owner since a time that nobody told: it came along with the lead, or
--                          is said to be before the creation
--   unassigned_count       leads that nobody owns or owned
--   median_seconds         half of timed_count waited no longer, in seconds; NULL: none is timed
--   p90_seconds            nine in ten of timed_count waited no longer, in seconds
--   within_hour_count      of timed_count, leads that waited an hour at most
--   within_day_count       of timed_count, leads that waited 24 hours at most
-- Example: SELECT created_month, team_name, median_seconds / 3600 AS hours FROM time_to_assignment WHERE origin = 'vendor'
--   ORDER BY ALL shows whether teams get quicker. Exports come in batches: a nightly one cannot be quicker than a night.
-- Reads: lead, lead_event, lead_alias, lead_assignment, batch_status, team. Writes: time_to_assignment.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW time_to_assignment AS
WITH first_owned AS (
    SELECT
        coalesce(a.lead_id, v.lead_id) AS lead_id,
        min(v.created) FILTER (WHERE v.user = 'leadmill') AS assigned_at,
        min(v.created) FILTER (WHERE v.user IS DISTINCT FROM 'leadmill') AS logged_at
    FROM lead_event AS v
    LEFT JOIN lead_alias AS a ON a.alias_id = v.lead_id
    WHERE
        v.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
        AND (
            v.event = 'lead_assigned'
            OR (
                -- A CRM may log an owner as any other change: the first one where there was none before.
                v.user IS DISTINCT FROM 'leadmill'
                AND contains(v.data::VARCHAR, '"assignedTo"')
                AND (v.data ->> '$.assignedTo.after') IS NOT NULL
                AND (v.data ->> '$.assignedTo.before') IS NULL
            )
        )
    GROUP BY coalesce(a.lead_id, v.lead_id)
),

-- Leads to which a row brought their owner along: since when they had it, only the CRM's own log can tell.
came_owned AS (
    SELECT DISTINCT
        coalesce(a.lead_id, d.lead_id) AS lead_id,
        d.batch_id
    FROM lead_assignment AS d
    LEFT JOIN lead_alias AS a ON a.alias_id = d.lead_id
    WHERE d.owner_rule IN ('crm', 'trusted', 'given') AND d.assignedTo IS NOT NULL
),

waited AS (
    SELECT
        l.accountId,
        l.teamId,
        l.origin,
        date_trunc('month', make_timestamp(epoch_us(l.createdAt)))::DATE AS created_month,
        l.assignedTo IS NOT NULL OR f.lead_id IS NOT NULL AS is_owned,
        epoch_us(
            CASE WHEN c.lead_id IS NULL THEN least(f.logged_at, f.assigned_at) ELSE f.logged_at END
        ) // 1000000 - epoch_us(l.createdAt) // 1000000 AS seconds
    FROM lead AS l
    LEFT JOIN first_owned AS f ON f.lead_id = l.id
    LEFT JOIN came_owned AS c ON c.lead_id = l.id AND c.batch_id = l.first_batch_id
    WHERE l.missing_since IS NULL
),

summed AS (
    SELECT
        w.accountId,
        w.teamId,
        w.origin,
        w.created_month,
        count(*) AS lead_count,
        count(*) FILTER (WHERE w.seconds >= 0) AS timed_count,
        count(*) FILTER (WHERE NOT w.is_owned) AS unassigned_count,
        quantile_disc(w.seconds, [0.5, 0.9]) FILTER (WHERE w.seconds >= 0) AS quantile_seconds,
        count(*) FILTER (WHERE w.seconds BETWEEN 0 AND 3600) AS within_hour_count,
        count(*) FILTER (WHERE w.seconds BETWEEN 0 AND 86400) AS within_day_count
    FROM waited AS w
    GROUP BY w.accountId, w.teamId, w.origin, w.created_month
)

SELECT
    m.accountId,
    m.teamId,
    t.name AS team_name,
    m.origin,
    m.created_month,
    m.lead_count,
    m.timed_count,
    m.lead_count - m.timed_count - m.unassigned_count AS untimed_count,
    m.unassigned_count,
    m.quantile_seconds[1] AS median_seconds,
    m.quantile_seconds[2] AS p90_seconds,
    m.within_hour_count,
    m.within_day_count
FROM summed AS m
LEFT JOIN team AS t ON t.teamId = m.teamId;
