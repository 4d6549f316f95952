-- Purpose: the batches of a warehouse or a backup, by which one is told from the other. Only what every version has.
-- Grain: one row per batch, the oldest first. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/restore.py.

SELECT
    b.batch_id,
    b.kind,
    b.file_uri,
    b.started_at
FROM batch AS b
ORDER BY b.batch_id;
