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
--                            the CRM, later reassigned ones among them. A lead that came with its owner became the
--                            owner's when it was created
--   assigned_30_days_count   the same in the last 30 days (720 hours)
--   turn_count               turns taken in the team's rotation, of batches that stand
--   due_count                turns that were due: of each turn the share of the member's weight among those eligible then
--   turn_fraction            share (0 to 1) of the team's turns that the owner took; NULL: the team has dealt none
--   due_fraction             share (0 to 1) that was due; fair is where both are about equal
-- Example: SELECT assignedTo, open_count, turn_fraction - due_fraction AS ahead FROM owner_load WHERE teamId = 1 ORDER BY
--   ahead DESC shows who got more turns than their weight deserves.
-- Reads: lead, stage, lead_event, lead_alias, standing_lead_assignment, rotation_round, batch, team, team_member,
--   app_user. Writes: owner_load.
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

decided AS (
    SELECT
        d.batch_id,
        d.teamId,
        d.assignedTo,
        d.owner_rule,
        CASE WHEN d.owner_rule = 'rotation' THEN d.round END AS round,
        count(*) AS lead_count
    FROM standing_lead_assignment AS d
    WHERE
        d.assignedTo IS NOT NULL
        AND d.owner_rule NOT IN ('crm', 'trusted', 'given', 'existing')
    GROUP BY
        d.batch_id,
        d.teamId,
        d.assignedTo,
        d.owner_rule,
        CASE WHEN d.owner_rule = 'rotation' THEN d.round END
),

-- Owners that a row named. On a lead that was known such a decision may be about its team or source only: the lead's
-- log has it if the owner is another.
named AS (
    SELECT
        l.accountId,
        d.teamId,
        d.assignedTo,
        CASE
            WHEN d.batch_id = l.first_batch_id THEN least(b.started_at, l.createdAt)
            WHEN
                EXISTS (
                    SELECT 1
                    FROM lead_event AS v
                    WHERE v.lead_id = d.lead_id AND v.batch_id = d.batch_id AND v.event = 'lead_assigned'
                )
                THEN b.started_at
        END AS given_at
    FROM standing_lead_assignment AS d
    INNER JOIN batch AS b ON b.batch_id = d.batch_id
    LEFT JOIN lead_alias AS a ON a.alias_id = d.lead_id
    INNER JOIN lead AS l ON l.id = coalesce(a.lead_id, d.lead_id)
    WHERE
        d.assignedTo IS NOT NULL
        AND d.owner_rule IN ('crm', 'trusted', 'given')
        AND b.started_at >= now() - INTERVAL 720 HOUR
),

dealt AS (
    SELECT
        d.teamId,
        r.pool::VARCHAR AS pool,
        sum(d.lead_count) AS turn_count
    FROM decided AS d
    INNER JOIN rotation_round AS r ON r.batch_id = d.batch_id AND r.round = d.round
    GROUP BY d.teamId, r.pool::VARCHAR
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
            d.turn_count,
            from_json(d.pool, '[{"user": "VARCHAR", "weight": "DOUBLE"}]') AS member
        FROM dealt AS d
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
        n.accountId,
        n.teamId,
        n.assignedTo,
        0 AS open_count,
        0 AS closed_count,
        count(*) FILTER (WHERE n.given_at >= now() - INTERVAL 168 HOUR) AS assigned_7_days_count,
        count(*) FILTER (WHERE n.given_at >= now() - INTERVAL 720 HOUR) AS assigned_30_days_count,
        0 AS turn_count,
        0 AS due_count
    FROM named AS n
    GROUP BY n.accountId, n.teamId, n.assignedTo
    UNION ALL
    SELECT
        t.accountId,
        d.teamId,
        d.assignedTo,
        0 AS open_count,
        0 AS closed_count,
        CASE WHEN b.started_at >= now() - INTERVAL 168 HOUR THEN d.lead_count ELSE 0 END AS assigned_7_days_count,
        CASE WHEN b.started_at >= now() - INTERVAL 720 HOUR THEN d.lead_count ELSE 0 END AS assigned_30_days_count,
        CASE WHEN d.owner_rule = 'rotation' THEN d.lead_count ELSE 0 END AS turn_count,
        0 AS due_count
    FROM decided AS d
    INNER JOIN batch AS b ON b.batch_id = d.batch_id
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

-- A team that teams.csv no longer has is of the account that its leads are of.
placed AS (
    SELECT
        coalesce(f.accountId, max(f.accountId) OVER (PARTITION BY f.teamId)) AS accountId,
        f.teamId,
        f.assignedTo,
        f.open_count,
        f.closed_count,
        f.assigned_7_days_count,
        f.assigned_30_days_count,
        f.turn_count,
        f.due_count
    FROM fact AS f
),

summed AS (
    SELECT
        p.accountId,
        p.teamId,
        p.assignedTo,
        sum(p.open_count)::BIGINT AS open_count,
        sum(p.closed_count)::BIGINT AS closed_count,
        sum(p.assigned_7_days_count)::BIGINT AS assigned_7_days_count,
        sum(p.assigned_30_days_count)::BIGINT AS assigned_30_days_count,
        sum(p.turn_count)::BIGINT AS turn_count,
        sum(p.due_count)::DOUBLE AS due_count
    FROM placed AS p
    GROUP BY p.accountId, p.teamId, p.assignedTo
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
