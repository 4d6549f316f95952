-- Purpose: the id that the next batch will have. The run holds the warehouse, so nobody else can take it.
-- Grain: one row. Parameters: none. Reads: high_water. Writes: nothing. Caller: flows/steps/load.py.

SELECT h.value + 1 AS batch_id
FROM high_water AS h
WHERE h.name = 'batch_id';
