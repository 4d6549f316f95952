-- Purpose: remember up to which version the warehouse was swept.
-- Grain: one row. Reads: high_water. Writes: high_water. Caller: flows/regroup.py.

UPDATE high_water
SET value = (SELECT h.value FROM high_water AS h WHERE h.name = 'record_id')
WHERE name = 'swept_record_id';
