-- Purpose: what the new versions say in their feed's match_on columns.
-- Grain: one row per new version and evidence cell.
-- Reads: staged_evidence, staged_version. Writes: staged_evidence_value. Caller: flows/steps/resolve.py.

INSERT INTO staged_evidence_value
SELECT
    v.record_id,
    v.source_id,
    e.key,
    e.kind,
    e.value
FROM staged_evidence AS e
INNER JOIN staged_version AS v ON v.row_number = e.row_number AND v.is_new;
