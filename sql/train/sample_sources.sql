-- Purpose: the source records that the weights are refitted on: all, or of many a sample that still holds pairs. Half of
--   it is drawn at random; then come those that share a contact or a block with one of these, whom a draw of single
--   records would tear apart. What more than a hundred records share says nothing of any of them.
-- Grain: one row per source record. Parameters: $most BIGINT, how many at most.
-- Reads: record_identity, record_contact, record_block, withdrawn_record. Writes: compared_source.
-- Caller: flows/training.py.

CREATE OR REPLACE TEMP TABLE compared_source AS
WITH standing AS (
    SELECT DISTINCT i.source_id
    FROM record_identity AS i
    WHERE i.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
),

drawn AS (
    SELECT s.source_id
    FROM standing AS s
    ORDER BY hash(s.source_id), s.source_id
    LIMIT $most // 2
),

carried AS (
    SELECT
        k.source_id,
        k.block
    FROM record_block AS k
    UNION
    SELECT
        c.source_id,
        (hash(c.kind, c.value) >> 32)::UINTEGER AS block
    FROM record_contact AS c
),

small AS (
    SELECT c.block
    FROM carried AS c
    GROUP BY c.block
    HAVING count(*) BETWEEN 2 AND 100
),

partner AS (
    SELECT DISTINCT p.source_id
    FROM carried AS c
    INNER JOIN drawn AS d ON d.source_id = c.source_id
    INNER JOIN small AS s ON s.block = c.block
    INNER JOIN carried AS p ON p.block = c.block
)

SELECT s.*
FROM standing AS s
LEFT JOIN drawn AS d ON d.source_id = s.source_id
LEFT JOIN partner AS p ON p.source_id = s.source_id
ORDER BY d.source_id IS NOT NULL DESC, p.source_id IS NOT NULL DESC, hash(s.source_id), s.source_id
LIMIT $most;
