-- Purpose: the leads that came into being since a moment, to be decided on once more; and take them, with all decisions
--   on them, out of the warehouse, which the caller puts back.
-- Grain: past_lead one row per lead and record of the batch that brought it into being.
-- Reads: incoming (since), lead, record, record_lead, batch, lead_alias, lead_assignment.
-- Writes: past_lead, lead, lead_assignment. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE past_lead AS
SELECT
    l.id AS lead_id,
    l.first_batch_id AS batch_id,
    r.record_id,
    r.source_id,
    r.row_number
FROM lead AS l
INNER JOIN batch AS b ON b.batch_id = l.first_batch_id
INNER JOIN record_lead AS k ON k.lead_id = l.id
INNER JOIN record AS r ON r.source_id = k.source_id AND r.batch_id = l.first_batch_id
WHERE b.started_at >= (SELECT i.since FROM incoming AS i);

DELETE FROM lead
WHERE id IN (SELECT p.lead_id FROM past_lead AS p);

DELETE FROM lead_assignment
WHERE lead_id IN (
    SELECT p.lead_id FROM past_lead AS p
    UNION ALL
    SELECT a.alias_id FROM lead_alias AS a WHERE a.lead_id IN (SELECT p.lead_id FROM past_lead AS p)
);
