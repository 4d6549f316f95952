-- Purpose: whether mended rows of a batch, from the same sheet, were replayed before and stand.
-- Grain: one row, or none. Parameters: $of_batch_id BIGINT, $file_sha256 VARCHAR. Reads: batch_status. Writes: nothing.
-- Caller: flows/steps/load.py.

SELECT max(s.batch_id) AS batch_id
FROM batch_status AS s
WHERE
    s.is_standing
    AND s.kind = 'replay'
    AND s.of_batch_id = $of_batch_id
    AND s.file_sha256 = $file_sha256
HAVING count(*) > 0;
