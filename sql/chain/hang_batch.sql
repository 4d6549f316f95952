-- Purpose: hang a batch onto the one before it.
-- Grain: one row. Parameters: $batch_id BIGINT. Reads: batch. Writes: batch. Caller: flows/chain.py.

UPDATE batch
SET previous_hash = (
    SELECT p.hash
    FROM batch AS p
    WHERE p.batch_id < $batch_id
    ORDER BY p.batch_id DESC
    LIMIT 1
)
WHERE batch.batch_id = $batch_id;
