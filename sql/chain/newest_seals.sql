-- Purpose: the digests that hold, in the order of the rows.
-- Grain: one row per block of a part, by the batch that sealed it last.
-- Parameters: $part VARCHAR, $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: seal. Writes: nothing. Caller: flows/chain.py.

SELECT
    s.batch_id,
    s.last_key,
    s.salt,
    s.digest
FROM seal AS s
WHERE s.part = $part AND s.batch_id BETWEEN $first_batch_id AND $last_batch_id
QUALIFY row_number() OVER (PARTITION BY s.batch_id, s.last_key ORDER BY s.sealed_by DESC) = 1
ORDER BY s.batch_id, s.last_key;
