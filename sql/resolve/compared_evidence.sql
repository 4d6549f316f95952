-- Purpose: the evidence of the source records in candidate pairs: of each column what the newest version says.
-- Grain: one row per compared source record and evidence column. Parameters: none.
-- Reads: compared_source, staged_evidence_value, record_evidence, withdrawn_record. Writes: nothing.
-- Caller: flows/steps/resolve.py.

SELECT
    e.source_id,
    e.key,
    e.kind,
    arg_max(e.value, e.record_id) AS value
FROM (
    SELECT v.* FROM staged_evidence_value AS v
    UNION ALL
    SELECT r.*
    FROM record_evidence AS r
    WHERE r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
) AS e
WHERE e.source_id IN (SELECT s.source_id FROM compared_source AS s)
GROUP BY e.source_id, e.key, e.kind
ORDER BY e.key, e.kind, e.source_id;
