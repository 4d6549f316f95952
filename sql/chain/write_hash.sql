-- Purpose: give a batch its hash: it must be linked to the one before it, and nothing of it may change after.
-- Grain: one row. Parameters: $batch_id BIGINT, $hash VARCHAR. Reads: nothing. Writes: batch. Caller: flows/chain.py.

UPDATE batch
SET hash = $hash
WHERE batch.batch_id = $batch_id;
