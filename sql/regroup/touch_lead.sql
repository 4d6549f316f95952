-- Purpose: the one lead that is looked at.
-- Grain: one row. Parameters: $lead_id BIGINT. Reads: nothing. Writes: touched_lead. Caller: flows/regroup.py.

CREATE OR REPLACE TEMP TABLE touched_lead AS
SELECT $lead_id::BIGINT AS lead_id;
