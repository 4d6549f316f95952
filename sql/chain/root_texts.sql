-- Purpose: of which texts, one after the other, the roots of batches are taken: the digests of their rows and leads, and what
--   they say besides. In an order of their own: a table may be stored in any.
-- Grain: one row per digest and row. Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT.
-- Reads: row_seal, lead_seal, batch_contents. Writes: nothing. Caller: flows/chain.py.

WITH content AS (
    SELECT
        s.batch_id,
        'row_seal' AS part,
        s.row_number AS place,
        json_array(s.row_number, hex(s.digest))::VARCHAR AS text
    FROM row_seal AS s
    WHERE s.batch_id BETWEEN $first_batch_id AND $last_batch_id
    UNION ALL
    SELECT
        s.batch_id,
        'lead_seal' AS part,
        s.lead_id AS place,
        json_array(s.lead_id, hex(s.digest))::VARCHAR AS text
    FROM lead_seal AS s
    WHERE s.batch_id BETWEEN $first_batch_id AND $last_batch_id
    UNION ALL
    FROM batch_contents($first_batch_id, $last_batch_id)
)

SELECT
    c.batch_id,
    c.part || c.text AS text
FROM content AS c
ORDER BY c.batch_id, c.part, c.place, c.text;
