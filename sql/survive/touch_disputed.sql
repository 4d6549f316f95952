-- Purpose: touch the leads that other rules of survivorship may change though the batch says nothing of them: those of
--   several source records. One that stands alone needs no rule.
-- Grain: one row per lead, without a row in the batch.
-- Reads: record_lead, lead, touched_lead. Writes: touched_lead. Caller: flows/steps/survive.py.

INSERT INTO touched_lead
SELECT
    l.lead_id,
    l.lead_id AS previous_lead_id,
    NULL AS first_row_number
FROM record_lead AS l
INNER JOIN lead AS d ON d.id = l.lead_id
WHERE l.lead_id NOT IN (SELECT t.lead_id FROM touched_lead AS t)
GROUP BY l.lead_id
HAVING count(*) > 1;
