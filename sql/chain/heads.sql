-- Purpose: the batches that have a hash: what is left outside after each run.
-- Grain: one row per batch, in order. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/heads.py.

SELECT
    b.batch_id,
    b.hash
FROM batch AS b
WHERE b.hash IS NOT NULL
ORDER BY b.batch_id;
