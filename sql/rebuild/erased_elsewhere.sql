-- Purpose: by what people are known again who were erased from another copy of the warehouse (flows/erase.py).
-- Grain: one row per hash of no batch. Parameters: none. Reads: erased_person, batch. Writes: nothing. Caller: flows/retold.py.

SELECT
    p.batch_id,
    p.kind,
    p.value_hash
FROM erased_person AS p
WHERE p.batch_id NOT IN (SELECT b.batch_id FROM batch AS b)
ORDER BY p.value_hash;
