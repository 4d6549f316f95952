-- Purpose: archived files of which no batch says whose their rows are: those that failed or are held, and lists of opt-outs.
-- Grain: one row per file and feed. Parameters: none. Reads: batch, batch_row. Writes: nothing. Caller: flows/erased_files.py.

SELECT DISTINCT
    b.file_sha256,
    b.feed,
    b.file_format::VARCHAR AS file_format
FROM batch AS b
WHERE
    b.file_sha256 IS NOT NULL
    AND (
        (
            b.status IN ('failed', 'held')
            AND b.file_sha256 NOT IN (
                SELECT l.file_sha256
                FROM batch AS l
                WHERE l.status = 'loaded' AND l.file_sha256 IS NOT NULL
            )
        )
        OR b.batch_id IN (SELECT w.batch_id FROM batch_row AS w WHERE w.outcome = 'unchanged' AND w.lead_id IS NULL)
    )
ORDER BY ALL;
