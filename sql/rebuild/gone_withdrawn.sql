-- Purpose: which versions of erased people's records stood no more.
-- Grain: one row per version. Parameters: none. Reads: withdrawn_record, record. Writes: nothing. Caller: flows/retold.py.

SELECT w.record_id
FROM withdrawn_record AS w
WHERE w.record_id NOT IN (SELECT r.record_id FROM record AS r)
ORDER BY w.record_id;
