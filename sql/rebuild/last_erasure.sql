-- Purpose: the last batch by which people were erased: up to it files say less than they did when they were loaded.
-- Grain: one row, 0 where nobody was. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/retold.py.

SELECT coalesce(max(b.batch_id), 0) AS batch_id
FROM batch AS b
WHERE b.kind = 'erase' AND b.status = 'loaded';
