-- Purpose: whether a batch read this content to its end, so that whoever may not be kept was taken out of the archive.
-- Grain: one row. Parameters: $file_sha256 VARCHAR. Reads: batch. Writes: nothing. Caller: flows/steps/load.py.

SELECT count(*) > 0 AS was_read
FROM batch AS b
WHERE b.file_sha256 = $file_sha256 AND b.rows_read > 0;
