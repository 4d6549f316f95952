-- Purpose: which source records of erased people a batch changed the leads of.
-- Grain: one row per source record. Parameters: $batch_id BIGINT. Reads: lead_revision, record. Writes: nothing.
-- Caller: flows/retold.py.

SELECT v.*
FROM lead_revision AS v
WHERE v.batch_id = $batch_id AND v.source_id NOT IN (SELECT r.source_id FROM record AS r);
