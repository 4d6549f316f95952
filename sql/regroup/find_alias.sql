-- Purpose: the lead that an id was given up to.
-- Grain: one row, or none for an id that is no alias. Parameters: $lead_id BIGINT. Reads: lead_alias. Writes: nothing.
-- Caller: flows/regroup.py.

SELECT
    a.lead_id,
    a.reason
FROM lead_alias AS a
WHERE a.alias_id = $lead_id;
