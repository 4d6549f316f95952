-- Purpose: the files that batches took; what else the archive has is nobody's.
-- Grain: one row per file. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/retain.py.

SELECT DISTINCT b.file_sha256
FROM batch AS b
WHERE b.file_sha256 IS NOT NULL
ORDER BY b.file_sha256;
