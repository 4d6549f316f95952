-- Purpose: the first batch that has a hash: batches from before the warehouse knew the chain have none.
-- Grain: one row; NULL where no batch has one. Parameters: none. Reads: batch. Writes: nothing. Caller: flows/verify.py.

SELECT
    min(b.batch_id) FILTER (WHERE b.hash IS NOT NULL) AS chain_begins,
    count(*) AS batch_count
FROM batch AS b;
