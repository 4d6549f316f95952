-- Purpose: take the next batch id from its high-water mark.
-- Grain: one row. Parameters: $batch_id BIGINT. Reads: nothing. Writes: high_water. Caller: flows/steps/load.py.

UPDATE high_water
SET value = $batch_id
WHERE name = 'batch_id';
