-- Purpose: who has how much to do, and whether rotation deals by weight.
-- Grain: one row per account, team and owner: whoever has leads of the team, is a member of it or took turns in it; and
--   one with assignedTo NULL for the leads that nobody owns.
-- Columns:
--   accountId                account (tenant)
--   teamId                   team of the leads; NULL: none
--   team_name                its name; NULL: not in teams.csv
--   assignedTo               the owner; NULL: nobody
--   owner_name               the owner's name; NULL: not in users.csv
--   is_active                whether the owner takes new leads, by users.csv; NULL: not in users.csv
--   weight                   the member's weight in the team today; NULL: not a member
--   open_count               leads in no stage that stages.csv calls won or lost; archived and missing ones left out
--   closed_count             leads in such a stage; archived and missing ones left out
--   assigned_7_days_count    times that a lead became the owner's in the last 7 days (168 hours), by rotation, by hand or in
--                            the CRM, later reassigned ones among them. A lead that came with its owner counts from its
--                            creation
--   assigned_30_days_count   the same in the last 30 days (720 hours)
--   turn_count               turns taken in the team's rotation, of batches that stand
--   due_count                turns that were due: of each turn the share of the member's weight among those eligible then
--   turn_fraction            share (0 to 1) of the team's turns that the owner took; NULL: the team has dealt none
--   due_fraction             share (0 to 1) that was due; fair is where both are about equal
-- Example: SELECT assignedTo, open_count, turn_fraction - due_fraction AS ahead FROM owner_load WHERE teamId = 1 ORDER BY
--   ahead DESC shows who got more turns than their weight deserves.
-- Reads: lead, stage, lead_event, lead_alias, assignment, batch_status, team, team_member, app_user. Writes: owner_load.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW owner_load AS
WITH had AS (
    SELECT
        l.accountId,
        l.teamId,
        l.assignedTo,
        l.processStage,
        count(*) AS lead_count
    FROM lead AS l
    WHERE l.missing_since IS NULL AND l.archived IS NOT TRUE
    GROUP BY l.accountId, l.teamId, l.assignedTo, l.processStage
),

-- Owners given in the last 30 days, with the time that they have the lead since.
given AS (
    SELECT
        l.accountId,
        d.teamId,
        d.assignedTo,
        CASE
            WHEN d.batch_id = l.first_batch_id AND d.owner_rule IN ('crm', 'trusted', 'given')
                THEN least(v.created, l.createdAt)
            ELSE v.created
        END AS given_at
    FROM lead_event AS v
    INNER JOIN assignment AS d ON d.lead_id = v.lead_id AND d.batch_id = v.batch_id
    LEFT JOIN lead_alias AS a ON a.alias_id = v.lead_id
    INNER JOIN lead AS l ON l.id = coalesce(a.lead_id, v.lead_id)
    WHERE
        v.event = 'lead_assigned'
        AND v.user = 'leadmill'
        AND v.created >= now() - INTERVAL 720 HOUR
        AND v.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
        AND d.assignedTo IS NOT NULL
        AND l.missing_since IS NULL
),

dealt AS (
    SELECT
        d.teamId,
        d.pool::VARCHAR AS pool,
        d.assignedTo,
        count(*) AS turn_count
    FROM assignment AS d
    WHERE
        d.owner_rule = 'rotation'
        AND d.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
    GROUP BY d.teamId, d.pool::VARCHAR, d.assignedTo
),

-- Each pool of then is read once, not once per turn.
pool AS (
    SELECT
        p.teamId,
        p.turn_count,
        unnest(p.member) AS member,
        list_sum(list_transform(p.member, lambda m: m.weight)) AS total_weight
    FROM (
        SELECT
            d.teamId,
            sum(d.turn_count) AS turn_count,
            from_json(d.pool, '[{"user": "VARCHAR", "weight": "DOUBLE"}]') AS member
        FROM dealt AS d
        GROUP BY d.teamId, d.pool
    ) AS p
),

fact AS (
    SELECT
        h.accountId,
        h.teamId,
        h.assignedTo,
        CASE WHEN coalesce(s.kind, 'open') = 'open' THEN h.lead_count ELSE 0 END AS open_count,
        CASE WHEN coalesce(s.kind, 'open') = 'open' THEN 0 ELSE h.lead_count END AS closed_count,
        0 AS assigned_7_days_count,
        0 AS assigned_30_days_count,
        0 AS turn_count,
        0 AS due_count
    FROM had AS h
    LEFT JOIN stage AS s ON lower(s.processStage) = lower(h.processStage)
    UNION ALL
    SELECT
        g.accountId,
        g.teamId,
        g.assignedTo,
        0 AS open_count,
        0 AS closed_count,
        count(*) FILTER (WHERE g.given_at >= now() - INTERVAL 168 HOUR) AS assigned_7_days_count,
        count(*) FILTER (WHERE g.given_at >= now() - INTERVAL 720 HOUR) AS assigned_30_days_count,
        0 AS turn_count,
        0 AS due_count
    FROM given AS g
    GROUP BY g.accountId, g.teamId, g.assignedTo
    UNION ALL
    SELECT
        t.accountId,
        d.teamId,
        d.assignedTo,
        0 AS open_count,
        0 AS closed_count,
        0 AS assigned_7_days_count,
        0 AS assigned_30_days_count,
        d.turn_count,
        0 AS due_count
    FROM dealt AS d
    LEFT JOIN team AS t ON t.teamId = d.teamId
    UNION ALL
    SELECT
        t.accountId,
        p.teamId,
        p.member.user AS assignedTo,
        0 AS open_count,
        0 AS closed_count,
        0 AS assigned_7_days_count,
        0 AS assigned_30_days_count,
        0 AS turn_count,
        p.turn_count * p.member.weight / p.total_weight AS due_count
    FROM pool AS p
    LEFT JOIN team AS t ON t.teamId = p.teamId
    UNION ALL
    SELECT
        t.accountId,
        m.teamId,
        m.user AS assignedTo,
        0 AS open_count,
        0 AS closed_count,
        0 AS assigned_7_days_count,
        0 AS assigned_30_days_count,
        0 AS turn_count,
        0 AS due_count
    FROM team_member AS m
    LEFT JOIN team AS t ON t.teamId = m.teamId
),

summed AS (
    SELECT
        f.accountId,
        f.teamId,
        f.assignedTo,
        sum(f.open_count)::BIGINT AS open_count,
        sum(f.closed_count)::BIGINT AS closed_count,
        sum(f.assigned_7_days_count)::BIGINT AS assigned_7_days_count,
        sum(f.assigned_30_days_count)::BIGINT AS assigned_30_days_count,
        sum(f.turn_count)::BIGINT AS turn_count,
        sum(f.due_count)::DOUBLE AS due_count
    FROM fact AS f
    GROUP BY f.accountId, f.teamId, f.assignedTo
)

SELECT
    o.accountId,
    o.teamId,
    t.name AS team_name,
    o.assignedTo,
    u.name AS owner_name,
    u.active AS is_active,
    m.weight,
    o.open_count,
    o.closed_count,
    o.assigned_7_days_count,
    o.assigned_30_days_count,
    o.turn_count,
    o.due_count,
    o.turn_count / nullif(sum(o.turn_count) OVER (PARTITION BY o.accountId, o.teamId), 0) AS turn_fraction,
    o.due_count / nullif(sum(o.turn_count) OVER (PARTITION BY o.accountId, o.teamId), 0) AS due_fraction
FROM summed AS o
LEFT JOIN team AS t ON t.teamId = o.teamId
LEFT JOIN team_member AS m ON m.teamId = o.teamId AND m.user = o.assignedTo
LEFT JOIN app_user AS u ON u.user = o.assignedTo;
