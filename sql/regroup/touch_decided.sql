-- Purpose: the leads that the new decisions are about.
-- Grain: one row per lead. Reads: new_decision, record_lead. Writes: touched_lead. Caller: flows/regroup.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
SELECT DISTINCT l.lead_id
FROM record_lead AS l
WHERE
    l.source_id IN (SELECT n.source_id FROM new_decision AS n)
    OR l.source_id IN (SELECT n.other_source_id FROM new_decision AS n);
