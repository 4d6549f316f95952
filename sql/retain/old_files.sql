-- Purpose: the files of the archive whose time is over: all batches that took them, or passed over them as known, are that old.
-- Grain: one row per file, by the last of its batches. Parameters: $now TIMESTAMPTZ, $months INTEGER.
-- Reads: batch. Writes: nothing. Caller: flows/retain.py.

SELECT
    b.file_sha256,
    max(b.batch_id) AS batch_id,
    max(b.finished_at) AS finished_at
FROM batch AS b
WHERE b.file_sha256 IS NOT NULL
GROUP BY b.file_sha256
HAVING max(b.finished_at) < $now::TIMESTAMPTZ - to_months($months::INTEGER)
ORDER BY batch_id, b.file_sha256;
