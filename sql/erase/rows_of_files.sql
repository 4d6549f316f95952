-- Purpose: in which records of which archived files the people are who are to be erased.
-- Grain: one row per file that a batch took. Parameters: none. Reads: erased_row, batch. Writes: nothing. Caller: flows/erased_files.py.

SELECT
    b.file_sha256,
    max(b.file_format::VARCHAR) AS file_format,
    list(DISTINCT w.row_number ORDER BY w.row_number) AS row_numbers
FROM erased_row AS w
INNER JOIN batch AS b ON b.batch_id = w.batch_id
WHERE b.file_sha256 IS NOT NULL AND b.file_format IS NOT NULL
GROUP BY b.file_sha256
ORDER BY b.file_sha256;
