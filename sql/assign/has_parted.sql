-- Purpose: whether the batch sets anybody apart.
-- Grain: one row. Parameters: none. Reads: parted_from. Writes: nothing. Caller: flows/steps/assign.py.

SELECT count(*) > 0 AS has_parted
FROM parted_from AS f;
