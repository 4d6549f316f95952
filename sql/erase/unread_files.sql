-- Purpose: archived files of which no batch says whose their rows are: those that failed or are held.
-- Grain: one row per file and feed. Parameters: none. Reads: batch, batch_row. Writes: nothing. Caller: flows/erase.py.

SELECT DISTINCT
    b.file_sha256,
    b.feed,
    b.file_format::VARCHAR AS file_format
FROM batch AS b
WHERE
    b.status IN ('failed', 'held')
    AND b.file_sha256 IS NOT NULL
    AND b.file_sha256 NOT IN (
        SELECT l.file_sha256
        FROM batch AS l
        WHERE l.status = 'loaded' AND l.file_sha256 IS NOT NULL
    )
ORDER BY ALL;
