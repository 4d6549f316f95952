-- Purpose: the last numbers that were given out.
-- Grain: one row per kind of number. Parameters: none. Reads: high_water. Writes: nothing. Caller: flows/retold.py.

SELECT
    h.name,
    h.value
FROM high_water AS h;
