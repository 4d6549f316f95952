-- Purpose: the leads that stay and of which no decision on team, source and owner stands, with the record that brings them
--   into being now: they are decided on as if it had just come.
-- Grain: one row per lead. Reads: this_batch, staged_person, standing_versions, record, batch_belief, standing_lead_assignment,
--   lead_alias.
-- Writes: unassigned_lead, assigned_anew. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE unassigned_lead AS
WITH given AS (
    SELECT v.lead_id
    FROM standing_versions('staged_person') AS v
    INNER JOIN record AS r ON r.record_id = v.record_id
    INNER JOIN batch_belief AS k ON k.batch_id = v.batch_id
    WHERE (k.teamId < 3 AND r.teamId IS NOT NULL) OR (k.assignedTo < 3 AND r.assignedTo IS NOT NULL)
),

assigned AS (
    SELECT coalesce(n.lead_id, a.lead_id) AS lead_id
    FROM standing_lead_assignment AS a
    LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
    -- What the CRM or a trusted feed gave is no decision of ours: it goes with their records.
    WHERE
        a.team_rule NOT IN ('crm', 'trusted')
        OR a.owner_rule NOT IN ('crm', 'trusted')
        OR coalesce(n.lead_id, a.lead_id) IN (SELECT g.lead_id FROM given AS g)
),

founding AS (
    SELECT
        v.lead_id,
        arg_min(v.record_id, (v.place, v.record_id)) AS record_id
    FROM standing_versions('staged_person') AS v
    WHERE v.lead_id NOT IN (SELECT a.lead_id FROM assigned AS a WHERE a.lead_id IS NOT NULL)
    GROUP BY v.lead_id
)

SELECT
    f.lead_id,
    r.feed,
    r.record_id,
    r.source_id
FROM founding AS f
INNER JOIN record AS r ON r.record_id = f.record_id;

INSERT INTO assigned_anew
SELECT
    b.batch_id,
    u.lead_id,
    u.record_id
FROM unassigned_lead AS u
CROSS JOIN this_batch AS b
ORDER BY u.lead_id;
