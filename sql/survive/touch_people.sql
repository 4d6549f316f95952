-- Purpose: the leads that this batch has something new about: they are concluded again.
-- Grain: one row per lead. Reads: staged_person. Writes: touched_lead. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
SELECT p.lead_id
FROM staged_person AS p;
