-- Purpose: of which texts the digests of the rows of a batch are taken: all its rows must be written.
-- Grain: one row per row of which anything is kept. Parameters: $batch_id BIGINT.
-- Reads: row_contents. Writes: nothing. Caller: flows/chain.py.

SELECT
    t.batch_id,
    t.row_number,
    t.text
FROM row_contents($batch_id, $batch_id) AS t;
