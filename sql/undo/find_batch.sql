-- Purpose: the batch that is to be undone, and what stands of it.
-- Grain: one row, or none. Parameters: $batch_id BIGINT. Reads: batch_status. Writes: nothing. Caller: flows/undo.py.

SELECT
    s.kind,
    s.status,
    s.feed,
    s.is_standing,
    s.file_uri
FROM batch_status AS s
WHERE s.batch_id = $batch_id;
