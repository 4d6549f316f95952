-- Purpose: whether all that is kept of the rows that batches read is as it was sealed. Of what was erased neither content nor salt is left.
-- Grain: one row per kind of difference. Batches from before the chain have no seals, and are left out.
-- Parameters: $chain_begins BIGINT. Reads: row_contents, row_seal. Writes: nothing. Caller: flows/verify.py.

WITH content AS (
    SELECT
        c.batch_id,
        c.row_number,
        c.text
    FROM row_contents($chain_begins, 9223372036854775807) AS c
),

compared AS (
    SELECT
        batch_id,
        c.text IS NOT NULL AS is_there,
        s.digest IS NOT NULL AS is_sealed,
        s.salt IS NULL AS is_erased,
        coalesce(unhex(sha256(s.salt || encode(c.text))) <> s.digest, TRUE) AS is_changed
    FROM content AS c
    FULL JOIN row_seal AS s USING (batch_id, row_number)
),

found AS (
    SELECT
        c.batch_id,
        CASE
            WHEN NOT c.is_sealed THEN 'row(s) that nobody sealed'
            WHEN c.is_erased AND c.is_there THEN 'row(s) without a salt but with content'
            WHEN NOT c.is_there THEN 'row(s) removed'
            ELSE 'row(s) changed'
        END AS difference
    FROM compared AS c
    WHERE NOT c.is_sealed OR (c.is_erased AND c.is_there) OR (NOT c.is_erased AND (NOT c.is_there OR c.is_changed))
)

SELECT
    min(f.batch_id) AS first_batch,
    count(*) || ' ' || f.difference AS detail
FROM found AS f
GROUP BY f.difference
ORDER BY first_batch, f.difference;
