-- Purpose: pairs of known leads that new records would join only by way of them: whether the leads agree with each other
--   was weighed when they came, and is asked again, since a record between two people must not make them one.
-- Grain: candidate_pair one row per pair of their source records that share a block or a contact; compared_source and
--   contact_source one per source record in one.
-- Reads: incoming (node, other_node), record_lead, record_block, record_contact, withdrawn_record.
-- Writes: candidate_pair, compared_source, contact_source. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE candidate_pair AS
WITH member AS (
    SELECT
        l.lead_id,
        l.source_id,
        hash(l.source_key) AS tie
    FROM record_lead AS l
    WHERE l.lead_id IN (SELECT i.node FROM incoming AS i UNION SELECT i.other_node FROM incoming AS i)
),

carried AS (
    SELECT
        m.lead_id,
        m.source_id,
        m.tie,
        k.block::UBIGINT AS block
    FROM member AS m
    INNER JOIN record_block AS k ON k.source_id = m.source_id
    UNION
    SELECT
        m.lead_id,
        m.source_id,
        m.tie,
        hash(c.kind, c.value) AS block
    FROM member AS m
    INNER JOIN record_contact AS c ON c.source_id = m.source_id
    WHERE c.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
)

SELECT DISTINCT
    a.source_id,
    b.source_id AS other_source_id,
    i.node,
    i.other_node,
    a.tie,
    b.tie AS other_tie
FROM incoming AS i
INNER JOIN carried AS a ON a.lead_id = i.node
INNER JOIN carried AS b ON b.lead_id = i.other_node AND b.block = a.block;

CREATE OR REPLACE TEMP TABLE compared_source AS
SELECT p.source_id FROM candidate_pair AS p
UNION
SELECT p.other_source_id AS source_id FROM candidate_pair AS p;

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT s.source_id
FROM compared_source AS s;
