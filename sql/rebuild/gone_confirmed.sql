-- Purpose: which versions of erased people's records stood by another batch than the one that brought them.
-- Grain: one row per version. Parameters: none. Reads: confirmed_record, record. Writes: nothing. Caller: flows/retold.py.

SELECT c.*
FROM confirmed_record AS c
WHERE c.record_id NOT IN (SELECT r.record_id FROM record AS r)
ORDER BY c.record_id;
