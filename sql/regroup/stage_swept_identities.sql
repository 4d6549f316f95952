-- Purpose: what is compared of the swept source records, in the place of what a file brings.
-- Grain: one row per version. Reads: staged_version, record_identity. Writes: staged_identity.
-- Caller: flows/regroup.py.

INSERT INTO staged_identity
SELECT i.*
FROM record_identity AS i
WHERE i.record_id IN (SELECT v.record_id FROM staged_version AS v);
