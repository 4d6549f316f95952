-- Purpose: by what erased people are known again.
-- Grain: one row per hash. Parameters: none. Reads: erased_person. Writes: nothing. Caller: flows/erased_people.py.

SELECT DISTINCT
    p.kind,
    p.value_hash
FROM erased_person AS p
ORDER BY ALL;
