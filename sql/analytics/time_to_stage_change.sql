-- Purpose: how long leads stay in their first stage, from their creation as the source tells it.
-- Grain: one row per account, team, origin and month of creation; missing leads are left out, archived ones are not.
-- Columns:
--   accountId          account (tenant)
--   teamId             team of the leads today; NULL: none
--   team_name          its name; NULL: not in teams.csv
--   origin             crm: the CRM has the lead; vendor: only vendors have given it
--   created_month      first day of the month (UTC) in which the leads were created
--   lead_count         leads
--   changed_count      of these, leads whose log has a change from one stage to another, at a time after their creation
--   unstaged_count     of these, leads without a stage
--   median_seconds     half of changed_count moved on within this, in seconds; NULL: none has
--   p90_seconds        nine in ten of changed_count moved on within this, in seconds
--   within_day_count   of changed_count, leads that moved on within 24 hours
--   within_week_count  of changed_count, leads that moved on within 7 days
-- Example: SELECT created_month, median_seconds / 86400 AS days FROM time_to_stage_change WHERE accountId = 'acme' ORDER BY
--   ALL shows whether leads are worked on sooner. Changes of before the first export are known only where the CRM's
--   auditLog came along: judge by the months after it.
-- Reads: lead, lead_event, lead_alias, batch_status, team. Writes: time_to_stage_change.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW time_to_stage_change AS
WITH first_changed AS (
    SELECT
        coalesce(a.lead_id, v.lead_id) AS lead_id,
        min(v.created) AS changed_at
    FROM lead_event AS v
    LEFT JOIN lead_alias AS a ON a.alias_id = v.lead_id
    WHERE
        v.event NOT IN ('lead_created', 'lead_assigned', 'lead_merged')
        AND v.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
        -- To find the word costs a fraction of reading the document.
        AND contains(v.data::VARCHAR, '"processStage"')
        AND (v.data ->> '$.processStage.before') <> (v.data ->> '$.processStage.after')
    GROUP BY coalesce(a.lead_id, v.lead_id)
),

stayed AS (
    SELECT
        l.accountId,
        l.teamId,
        l.origin,
        date_trunc('month', make_timestamp(epoch_us(l.createdAt)))::DATE AS created_month,
        l.processStage IS NOT NULL AS is_staged,
        (epoch_us(c.changed_at) - epoch_us(l.createdAt)) // 1000000 AS seconds
    FROM lead AS l
    LEFT JOIN first_changed AS c ON c.lead_id = l.id
    WHERE l.missing_since IS NULL
),

summed AS (
    SELECT
        y.accountId,
        y.teamId,
        y.origin,
        y.created_month,
        count(*) AS lead_count,
        count(*) FILTER (WHERE y.seconds >= 0) AS changed_count,
        count(*) FILTER (WHERE NOT y.is_staged) AS unstaged_count,
        quantile_disc(y.seconds, [0.5, 0.9]) FILTER (WHERE y.seconds >= 0) AS quantile_seconds,
        count(*) FILTER (WHERE y.seconds BETWEEN 0 AND 86400) AS within_day_count,
        count(*) FILTER (WHERE y.seconds BETWEEN 0 AND 604800) AS within_week_count
    FROM stayed AS y
    GROUP BY y.accountId, y.teamId, y.origin, y.created_month
)

SELECT
    m.accountId,
    m.teamId,
    t.name AS team_name,
    m.origin,
    m.created_month,
    m.lead_count,
    m.changed_count,
    m.unstaged_count,
    m.quantile_seconds[1] AS median_seconds,
    m.quantile_seconds[2] AS p90_seconds,
    m.within_day_count,
    m.within_week_count
FROM summed AS m
LEFT JOIN team AS t ON t.teamId = m.teamId;
