-- Purpose: rejected rows with their reasons; of one batch, or all that are open. A record that an earlier batch
--   rejected already stands under the row and batch that it was first kept with.
-- Grain: one row per rejected row. Parameters: $batch_id BIGINT (NULL: the open ones of all batches).
-- Reads: rejected_row, rejected_sighting. Writes: nothing. Caller: flows/steps/publish.py.

SELECT
    r.batch_id,
    r.row_number,
    r.line_number,
    r.feed,
    r.status,
    r.seen_count,
    r.first_batch_id,
    r.source_key,
    r.reasons,
    r.raw
FROM rejected_row AS r
WHERE
    ($batch_id IS NULL AND r.status = 'open')
    OR EXISTS (
        SELECT 1
        FROM rejected_sighting AS s
        WHERE
            s.batch_id = $batch_id
            AND s.rejected_batch_id = r.batch_id
            AND s.rejected_row_number = r.row_number
    )
ORDER BY r.batch_id, r.row_number;
