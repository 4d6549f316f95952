-- Purpose: give the versions that a batch brings the numbers that they had: those of erased people are not given to others.
-- Grain: told_number one row per new version. Reads: staged_version, told_row. Writes: told_number, staged_version, staged_source.
-- Caller: flows/retold.py.

CREATE OR REPLACE TEMP TABLE told_number AS
SELECT
    v.record_id AS new_id,
    min(t.record_id) AS record_id
FROM staged_version AS v
INNER JOIN told_row AS t ON t.row_number = v.row_number
WHERE v.is_new AND t.record_id IS NOT NULL
GROUP BY v.record_id;

UPDATE staged_version
SET record_id = n.record_id
FROM told_number AS n
WHERE n.new_id = staged_version.record_id;

UPDATE staged_version
SET source_id = n.record_id
FROM told_number AS n
WHERE n.new_id = staged_version.source_id;

UPDATE staged_source
SET
    source_id = n.record_id,
    node = CASE WHEN staged_source.node < 0 THEN -n.record_id ELSE staged_source.node END
FROM told_number AS n
WHERE n.new_id = staged_source.source_id;
