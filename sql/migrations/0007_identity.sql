-- Purpose: what people are recognised by, kept beside the records in the form in which it is compared, so that a small
--   batch into a large warehouse reads narrow columns only; and which lead id a source record brought into being.

-- Grain: one row per version of a source record: names and company as they are compared (lower case, no accents, no
-- punctuation, no legal form); NULL where there is none or a feed's placeholder stands in its place.
CREATE TABLE record_identity (
    record_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    account_id VARCHAR NOT NULL,
    first_name VARCHAR,
    last_name VARCHAR,
    company VARCHAR
);

-- Grain: one row per version and cell of a match_on column that says something.
CREATE TABLE record_evidence (
    record_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    key VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);

-- Grain: one row per version and block: records that share one are compared (sql/resolve/block_records.sql). A hash of 32
-- bits: where two blocks fall together, a few pairs more are compared.
CREATE TABLE record_block (
    source_id BIGINT NOT NULL,
    block UINTEGER NOT NULL
);

-- The lead id that a source record brought into being, or was given when it was set apart; NULL for one that always
-- belonged to somebody else's lead. Which id a person has follows from those of its records.
ALTER TABLE record_lead ADD COLUMN born_id BIGINT;

UPDATE record_lead
SET born_id = f.lead_id
FROM (SELECT l.lead_id, min(l.source_id) AS source_id FROM record_lead AS l GROUP BY l.lead_id) AS f
WHERE f.source_id = record_lead.source_id;

INSERT INTO record_identity
SELECT
    r.record_id,
    r.source_id,
    r.accountId AS account_id,
    nullif(regexp_replace(lower(strip_accents(r.firstName)), '[^\p{L}\p{N}]+', '', 'g'), '') AS first_name,
    nullif(regexp_replace(lower(strip_accents(r.lastName)), '[^\p{L}\p{N}]+', '', 'g'), '') AS last_name,
    nullif(trim(regexp_replace(lower(strip_accents(r.company)), '[^\p{L}\p{N}]+', ' ', 'g')), '') AS company
FROM record AS r
WHERE NOT r.has_placeholder_name;

-- Up to which version the warehouse was swept for people that were not recognised when they came.
INSERT INTO high_water VALUES ('swept_record_id', 0);

-- Grain: one row per pair of source records that anything was decided of, the smaller source_id first: the latest
-- decision that stands. Earlier ones about the same pair are history.
CREATE VIEW standing_decision AS
WITH decided AS (
    SELECT
        least(a.source_id, b.source_id) AS source_id,
        greatest(a.source_id, b.source_id) AS other_source_id,
        d.decision,
        d.rule,
        d.weight,
        d.evidence,
        d.batch_id,
        d.record_id,
        d.other_record_id
    FROM match_decision AS d
    INNER JOIN record AS a ON a.record_id = d.record_id
    INNER JOIN record AS b ON b.record_id = d.other_record_id
    WHERE d.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
)

SELECT d.*
FROM decided AS d
QUALIFY row_number() OVER (
    PARTITION BY d.source_id, d.other_source_id
    ORDER BY d.batch_id DESC, d.decision = 'merged' DESC, d.weight DESC
) = 1;
