-- Purpose: the sheets of rejected rows that were replayed.
-- Grain: one row per sheet, with a feed of its rows. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/erased_files.py.

SELECT
    b.file_sha256,
    max(b.feed) AS feed
FROM batch AS b
INNER JOIN batch AS o ON o.batch_id = b.of_batch_id
WHERE b.kind = 'replay' AND b.file_sha256 IS NOT NULL AND b.file_sha256 IS DISTINCT FROM o.file_sha256
GROUP BY b.file_sha256
ORDER BY b.file_sha256;
