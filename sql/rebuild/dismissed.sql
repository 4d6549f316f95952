-- Purpose: the rejected rows that somebody dismissed, but for those that a batch took again: it had them open.
-- Grain: one row per rejected row. Parameters: $batch_id BIGINT (NULL: all of them), $keeps_erased BOOLEAN (leave out those of
--   erased people). Reads: rejected_row, rejected_sighting.
-- Writes: nothing. Caller: flows/rebuild.py.

SELECT
    r.batch_id,
    r.row_number
FROM rejected_row AS r
ANTI JOIN rejected_sighting AS s
    ON s.batch_id = $batch_id AND s.rejected_batch_id = r.batch_id AND s.rejected_row_number = r.row_number
WHERE r.status = 'dismissed' AND NOT ($keeps_erased AND starts_with(r.fingerprint, 'erased '))
ORDER BY r.batch_id, r.row_number;
