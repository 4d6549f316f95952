-- Purpose: the leads that may be others without the batch: those of records that stood by it, of its decisions on who is
--   whom, of its assignments, and those that it changed without a row of theirs.
-- Grain: touched_lead one row per lead.
-- Reads: undone_batch, unsaid_record, record, lead_revision, match_decision, lead_assignment,
--   lead_alias, record_lead, lead. Writes: touched_lead. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
WITH undone_record AS (
    SELECT n.record_id
    FROM unsaid_record AS n
    UNION
    SELECT d.record_id
    FROM match_decision AS d
    WHERE d.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
    UNION
    SELECT d.other_record_id
    FROM match_decision AS d
    WHERE d.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
),

source AS (
    SELECT r.source_id
    FROM record AS r
    WHERE r.record_id IN (SELECT u.record_id FROM undone_record AS u)
    UNION
    SELECT v.source_id
    FROM lead_revision AS v
    WHERE v.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
),

told AS (
    SELECT a.lead_id
    FROM lead_assignment AS a
    WHERE a.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
    UNION
    SELECT d.other_lead_id AS lead_id
    FROM match_decision AS d
    WHERE d.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
),

touched AS (
    SELECT l.lead_id
    FROM record_lead AS l
    WHERE l.source_id IN (SELECT s.source_id FROM source AS s)
    UNION
    SELECT coalesce(n.lead_id, t.lead_id) AS lead_id
    FROM told AS t
    LEFT JOIN lead_alias AS n ON n.alias_id = t.lead_id
)

SELECT t.lead_id
FROM touched AS t
WHERE t.lead_id IN (SELECT l.id FROM lead AS l);
