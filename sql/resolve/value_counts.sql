-- Purpose: how common the compared values are among all records, the staged ones included: a rare name says more.
-- Grain: one row per column and value of the compared source records. Parameters: none.
-- Reads: compared_source, staged_identity, record_identity, staged_evidence_value, record_evidence,
--   high_water. Writes: nothing.
-- Caller: flows/steps/resolve.py.

WITH identity AS (
    -- A sweep stages what the warehouse has: counted once.
    SELECT i.*
    FROM staged_identity AS i
    WHERE i.record_id > (SELECT h.value FROM high_water AS h WHERE h.name = 'record_id')
    UNION ALL
    SELECT i.* FROM record_identity AS i
),

compared AS (
    SELECT i.*
    FROM identity AS i
    WHERE i.source_id IN (SELECT s.source_id FROM compared_source AS s)
),

evidence AS (
    SELECT e.*
    FROM staged_evidence_value AS e
    WHERE e.record_id > (SELECT h.value FROM high_water AS h WHERE h.name = 'record_id')
    UNION ALL
    SELECT e.* FROM record_evidence AS e
)

SELECT
    'first_name' AS column_name,
    i.first_name AS value,
    count(*) AS record_count
FROM identity AS i
WHERE i.first_name IN (SELECT c.first_name FROM compared AS c)
GROUP BY i.first_name
UNION ALL
SELECT
    'last_name' AS column_name,
    i.last_name AS value,
    count(*) AS record_count
FROM identity AS i
WHERE i.last_name IN (SELECT c.last_name FROM compared AS c)
GROUP BY i.last_name
UNION ALL
SELECT
    'company' AS column_name,
    i.company AS value,
    count(*) AS record_count
FROM identity AS i
WHERE i.company IN (SELECT c.company FROM compared AS c)
GROUP BY i.company
UNION ALL
SELECT
    e.key || '|' || e.kind AS column_name,
    e.value,
    count(*) AS record_count
FROM evidence AS e
WHERE (e.key, e.kind, e.value) IN (
    SELECT
        c.key,
        c.kind,
        c.value
    FROM evidence AS c
    WHERE c.source_id IN (SELECT s.source_id FROM compared_source AS s)
)
GROUP BY e.key, e.kind, e.value;
