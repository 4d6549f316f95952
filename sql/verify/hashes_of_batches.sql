-- Purpose: the hashes of all batches, to hold the heads against that were left outside.
-- Grain: one row per batch. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/verify.py.

SELECT
    b.batch_id,
    b.hash
FROM batch AS b
ORDER BY b.batch_id;
