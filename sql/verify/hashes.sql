-- Purpose: whether each batch has the hash that follows from its columns and digests, and names the one before it.
-- Grain: one row per batch and kind of difference. Parameters: $chain_begins BIGINT.
-- Reads: batch, incoming (batch_id, hash). Writes: nothing. Caller: flows/verify.py.

WITH linked AS (
    SELECT
        b.batch_id,
        b.hash,
        b.previous_hash,
        lag(b.hash) OVER (ORDER BY b.batch_id) AS hash_before
    FROM batch AS b
)

SELECT
    l.batch_id AS first_batch,
    'its columns, or what it wrote, are not those of its hash' AS detail
FROM linked AS l
LEFT JOIN incoming AS h ON h.batch_id = l.batch_id
WHERE l.batch_id >= $chain_begins AND h.hash IS DISTINCT FROM l.hash
UNION ALL
SELECT
    l.batch_id AS first_batch,
    'it does not name the hash of the batch before it' AS detail
FROM linked AS l
WHERE l.batch_id >= $chain_begins AND l.previous_hash IS DISTINCT FROM l.hash_before
ORDER BY first_batch, detail;
