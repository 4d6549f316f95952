-- Purpose: the evidence of the swept source records.
-- Grain: one row per version and evidence cell. Reads: staged_version, record_evidence. Writes: staged_evidence_value.
-- Caller: flows/regroup.py.

INSERT INTO staged_evidence_value
SELECT e.*
FROM record_evidence AS e
WHERE e.record_id IN (SELECT v.record_id FROM staged_version AS v);
