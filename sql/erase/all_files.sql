-- Purpose: which files of the archive are some batch's.
-- Grain: one row per file. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/erased_files.py.

SELECT DISTINCT b.file_sha256
FROM batch AS b
WHERE b.file_sha256 IS NOT NULL
ORDER BY b.file_sha256;
