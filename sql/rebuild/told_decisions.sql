-- Purpose: what a batch decided on who is whom.
-- Grain: one row per pair of records and rule. Parameters: $batch_id BIGINT. Reads: match_decision. Writes: nothing.
-- Caller: flows/retold.py.

SELECT d.*
FROM match_decision AS d
WHERE d.batch_id = $batch_id;
