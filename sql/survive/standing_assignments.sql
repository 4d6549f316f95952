-- Purpose: the team, source and owner that our own decisions give each touched lead: the latest decision that
--   stands on the lead; where leads were joined, those of the older lead before those of the younger. What the
--   CRM or a trusted feed gave is no decision of ours: it is in the records.
-- Grain: one row per touched lead that has decisions.
-- Reads: touched_lead, assignment, lead_alias, batch_status. Writes: standing_assignment.
-- Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE standing_assignment AS
WITH decision AS (
    SELECT
        t.lead_id,
        a.*,
        row_number() OVER (PARTITION BY t.lead_id ORDER BY a.lead_id DESC, a.batch_id) AS place
    FROM assignment AS a
    LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
    INNER JOIN touched_lead AS t ON t.lead_id = coalesce(n.lead_id, a.lead_id)
    WHERE a.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
)

SELECT
    d.lead_id,
    arg_max(d.teamId, d.place) FILTER (WHERE d.team_rule NOT IN ('crm', 'trusted', 'existing')) AS teamId,
    arg_max(d.leadSourceId, d.place) FILTER (WHERE d.source_rule NOT IN ('crm', 'trusted', 'existing')) AS leadSourceId,
    arg_max(d.assignedTo, d.place) FILTER (WHERE d.owner_rule NOT IN ('crm', 'trusted', 'existing')) AS assignedTo
FROM decision AS d
GROUP BY d.lead_id;
