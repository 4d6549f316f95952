-- Purpose: the number of the next round that this batch deals: leads of one batch are decided on more than once where
--   its past is simulated.
-- Grain: one row. Parameters: none. Reads: this_batch, rotation_round. Writes: nothing. Caller: flows/steps/assign.py.

SELECT coalesce(max(r.round) + 1, 0) AS next_round
FROM this_batch AS b
LEFT JOIN rotation_round AS r ON r.batch_id = b.batch_id;
