-- Purpose: all leads that source records belong to, to conclude the whole warehouse again.
-- Grain: one row per lead. Reads: record_lead. Writes: touched_lead. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
SELECT DISTINCT l.lead_id
FROM record_lead AS l;
