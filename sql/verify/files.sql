-- Purpose: the files that the archive must have.
-- Grain: one row per file of a batch that is loaded or held, with its first batch.
-- Parameters: none. Reads: batch. Writes: nothing. Caller: flows/verify.py.

SELECT
    b.file_sha256,
    min(b.batch_id) AS first_batch
FROM batch AS b
WHERE b.status IN ('loaded', 'held') AND b.file_sha256 IS NOT NULL
GROUP BY b.file_sha256
ORDER BY first_batch;
