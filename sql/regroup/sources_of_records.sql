-- Purpose: the source records that versions are of.
-- Grain: one row per source record. Parameters: $record_ids BIGINT[]. Reads: record. Writes: nothing.
-- Caller: flows/regroup.py, flows/rebuild.py.

SELECT DISTINCT r.source_id
FROM record AS r
WHERE list_contains($record_ids::BIGINT[], r.record_id);
