-- Purpose: give a batch its hash: its rows must be sealed, and it must be linked.
-- Grain: one row. Parameters: $batch_id BIGINT. Reads: batch_hashes. Writes: batch. Caller: flows/chain.py.

UPDATE batch
SET hash = h.hash
FROM batch_hashes($batch_id, $batch_id) AS h
WHERE batch.batch_id = h.batch_id;
