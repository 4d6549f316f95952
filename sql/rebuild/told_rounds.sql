-- Purpose: who shared the turns that a batch dealt.
-- Grain: one row per round. Parameters: $batch_id BIGINT. Reads: rotation_round. Writes: nothing. Caller: flows/retold.py.

SELECT r.*
FROM rotation_round AS r
WHERE r.batch_id = $batch_id;
