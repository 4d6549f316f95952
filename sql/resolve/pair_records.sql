-- Purpose: the pairs of source records that are compared: those that share a block or a contact, at least one of them
--   new, and that are not one person already. A block of many says nothing of any of them; what is left over of
--   the pairs' budget goes to the smallest blocks, so that the cost follows the batch.
-- Grain: candidate_pair one row per pair, the smaller source_id first; compared_source one per source record in one,
--   and contact_source the same, to ask which of their contacts are superseded.
-- Reads: staged_block, record_block, shared_contact, staged_contact, record_contact, staged_version, staged_source,
--   staged_identity, record_lead, lead, staged_match, superseded_contact.
-- Writes: block_member, candidate_pair, compared_source, contact_source. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE block_member AS
WITH member AS (
    SELECT
        s.block,
        s.source_id,
        TRUE AS is_new
    FROM staged_block AS s
    UNION ALL
    SELECT
        k.block,
        k.source_id,
        FALSE AS is_new
    FROM record_block AS k
    WHERE k.block IN (SELECT s.block FROM staged_block AS s)
),

small AS (
    SELECT
        m.block,
        count(*) AS member_count
    FROM member AS m
    GROUP BY m.block
    HAVING min(m.source_id) < max(m.source_id) AND count(*) <= 100
),

in_contact AS (
    SELECT
        (hash(h.kind, h.value) >> 32)::UINTEGER AS block,
        v.source_id,
        TRUE AS is_new
    FROM shared_contact AS h
    INNER JOIN staged_contact AS c ON c.kind = h.kind AND c.value = h.value
    INNER JOIN staged_version AS v ON v.row_number = c.row_number AND v.is_new
    UNION ALL
    SELECT
        (hash(h.kind, h.value) >> 32)::UINTEGER AS block,
        k.source_id,
        FALSE AS is_new
    FROM shared_contact AS h
    INNER JOIN record_contact AS k ON k.kind = h.kind AND k.value = h.value
    ANTI JOIN superseded_contact AS u ON u.record_id = k.record_id AND u.kind = k.kind
),

small_contact AS (
    SELECT
        c.block,
        count(*) AS member_count
    FROM in_contact AS c
    GROUP BY c.block
    HAVING count(DISTINCT c.source_id) BETWEEN 2 AND 30
),

kept AS (
    SELECT
        b.block,
        sum(b.member_count * b.member_count) OVER (ORDER BY b.member_count, b.block) AS pairs_until
    FROM (SELECT s.* FROM small AS s UNION ALL SELECT c.* FROM small_contact AS c) AS b
)

SELECT DISTINCT
    m.block,
    m.source_id,
    m.is_new
FROM (SELECT n.* FROM member AS n UNION ALL SELECT c.* FROM in_contact AS c) AS m
INNER JOIN kept AS k ON k.block = m.block
WHERE k.pairs_until <= 10000000 + 40 * (SELECT count(*) FROM staged_identity);

CREATE OR REPLACE TEMP TABLE compared_source AS
WITH source AS (
    SELECT
        m.source_id,
        bool_or(m.is_new) AS is_new
    FROM block_member AS m
    GROUP BY m.source_id
)

SELECT
    s.source_id,
    coalesce(n.node, l.lead_id) AS node,
    coalesce(n.account_id, d.accountId) AS account_id,
    -- Breaks ties by what a record is, not by when it came.
    hash(coalesce(n.source_key, l.source_key)) AS tie,
    s.is_new
FROM source AS s
LEFT JOIN staged_source AS n ON n.source_id = s.source_id
LEFT JOIN record_lead AS l ON l.source_id = s.source_id
LEFT JOIN lead AS d ON d.id = l.lead_id
WHERE coalesce(n.node, d.id) IS NOT NULL;

CREATE OR REPLACE TEMP TABLE candidate_pair AS
WITH paired AS (
    SELECT DISTINCT
        least(a.source_id, b.source_id) AS source_id,
        greatest(a.source_id, b.source_id) AS other_source_id
    FROM block_member AS a
    INNER JOIN block_member AS b ON b.block = a.block AND b.source_id <> a.source_id
    WHERE a.is_new
)

SELECT
    p.source_id,
    p.other_source_id,
    s.node,
    o.node AS other_node,
    s.tie,
    o.tie AS other_tie
FROM paired AS p
INNER JOIN compared_source AS s ON s.source_id = p.source_id
INNER JOIN compared_source AS o ON o.source_id = p.other_source_id AND o.account_id = s.account_id
ANTI JOIN staged_match AS m
    ON least(m.source_id, m.other_source_id) = p.source_id
    AND greatest(m.source_id, m.other_source_id) = p.other_source_id
WHERE s.node <> o.node;

CREATE OR REPLACE TEMP TABLE compared_source AS
SELECT s.*
FROM compared_source AS s
WHERE s.source_id IN (
    SELECT p.source_id FROM candidate_pair AS p
    UNION
    SELECT p.other_source_id FROM candidate_pair AS p
);

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT s.source_id
FROM compared_source AS s;
