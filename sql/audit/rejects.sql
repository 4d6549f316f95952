-- Purpose: rejected rows with their reasons; of one batch, or all that are open.
-- Grain: one row per rejected record. Parameters: $batch_id BIGINT (NULL: the open ones of all batches).
-- Reads: rejected_row. Writes: nothing. Caller: flows/steps/publish.py.

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
WHERE r.batch_id = $batch_id OR ($batch_id IS NULL AND r.status = 'open')
ORDER BY r.batch_id, r.row_number;
