-- Purpose: the leads that this batch has something new about: they are concluded again.
-- Grain: one row per lead, with the lead that it was before, if any, and its first row in the batch.
-- Reads: staged_person. Writes: touched_lead. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
SELECT
    p.lead_id,
    p.previous_lead_id,
    p.first_row_number
FROM staged_person AS p;
