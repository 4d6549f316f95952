-- Purpose: in which records of which archived files the people are who are to be erased. Sheets of rejected rows are numbered in
--   another way (erase/sheets.sql).
-- Grain: one row per file that a batch took. Parameters: none. Reads: erased_row, batch. Writes: nothing. Caller: flows/erased_files.py.

SELECT
    b.file_sha256,
    max(b.file_format::VARCHAR) AS file_format,
    list(DISTINCT w.row_number ORDER BY w.row_number) AS row_numbers
FROM erased_row AS w
INNER JOIN batch AS b ON b.batch_id = w.batch_id
LEFT JOIN batch AS o ON o.batch_id = b.of_batch_id
WHERE
    b.file_sha256 IS NOT NULL
    AND b.file_format IS NOT NULL
    AND (b.kind <> 'replay' OR b.file_sha256 = o.file_sha256)
GROUP BY b.file_sha256
ORDER BY b.file_sha256;
