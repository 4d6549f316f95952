-- Purpose: the leads that stay and of which no decision on team, source and owner stands, with the record that brings them
--   into being now: they are decided on as if it had just come.
-- Grain: one row per lead. Reads: staged_person, standing_versions, record, lead_assignment, lead_alias, batch_status.
-- Writes: unassigned_lead. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE unassigned_lead AS
WITH assigned AS (
    SELECT coalesce(n.lead_id, a.lead_id) AS lead_id
    FROM lead_assignment AS a
    LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
    WHERE a.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
),

founding AS (
    SELECT
        v.lead_id,
        min(v.record_id) AS record_id
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
