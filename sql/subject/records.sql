-- Purpose: what each source said of a person, version by version.
-- Grain: one row per version, the oldest first. Parameters: none. Reads: erased_record, record, batch. Writes: nothing.
-- Caller: flows/subject.py.

SELECT
    b.file_uri AS file,
    r.* EXCLUDE (record_id, source_id, cleared, content_hash, has_placeholder_name)
FROM record AS r
SEMI JOIN erased_record AS e ON e.record_id = r.record_id
INNER JOIN batch AS b ON b.batch_id = r.batch_id
ORDER BY r.record_id;
