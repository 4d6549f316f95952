-- Purpose: of which texts the digests are taken of what a batch said of leads: all of it must be written.
-- Grain: one row per lead. Parameters: $batch_id BIGINT. Reads: lead_contents. Writes: nothing. Caller: flows/chain.py.

SELECT
    t.batch_id,
    t.lead_id,
    t.text
FROM lead_contents($batch_id, $batch_id) AS t;
