-- Purpose: what is compared of source records: each distinct thing that their standing versions
--   say of who they are. Not the newest alone: what a record said before is evidence too, and which of two rows of a file
--   is the newer is chance.
-- Grain: face one row per source record and distinct names, company and evidence, named for its oldest
--   version.
-- Reads: compared_source, staged_identity, record_identity, staged_evidence_value, record_evidence,
--   withdrawn_record. Writes: face. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE face AS
WITH version AS (
    SELECT i.* FROM staged_identity AS i WHERE i.source_id IN (SELECT s.source_id FROM compared_source AS s)
    UNION
    SELECT i.*
    FROM record_identity AS i
    WHERE
        i.source_id IN (SELECT s.source_id FROM compared_source AS s)
        AND i.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
),

evidence AS (
    SELECT e.* FROM staged_evidence_value AS e WHERE e.source_id IN (SELECT s.source_id FROM compared_source AS s)
    UNION
    SELECT e.* FROM record_evidence AS e WHERE e.source_id IN (SELECT s.source_id FROM compared_source AS s)
),

said AS (
    SELECT
        e.record_id,
        list({'key': e.key, 'kind': e.kind, 'value': e.value} ORDER BY e.key, e.kind, e.value) AS evidence
    FROM evidence AS e
    GROUP BY e.record_id
)

SELECT
    v.source_id,
    min(v.record_id) AS face_id,
    v.first_name,
    v.last_name,
    v.company,
    s.evidence
FROM version AS v
LEFT JOIN said AS s ON s.record_id = v.record_id
GROUP BY v.source_id, v.first_name, v.last_name, v.company, s.evidence;
