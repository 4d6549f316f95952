-- Purpose: the batches whose leads are decided on once more, as they were taken.
-- Grain: one row per batch that brought such a lead into being, the first one first. Parameters: none.
-- Reads: past_lead, batch. Writes: nothing. Caller: flows/steps/assign.py.

SELECT
    b.batch_id,
    b.feed,
    b.as_of,
    b.started_at
FROM batch AS b
WHERE b.batch_id IN (SELECT p.batch_id FROM past_lead AS p)
ORDER BY b.batch_id;
