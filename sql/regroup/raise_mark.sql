-- Purpose: remember the last lead id that was given out; never lowered, so that no id is given twice.
-- Grain: one row. Parameters: $lead_id BIGINT. Reads: nothing. Writes: high_water. Caller: flows/regroup.py.

UPDATE high_water
SET value = greatest(value, $lead_id)
WHERE name = 'lead_id';
