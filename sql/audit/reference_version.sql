-- Purpose: the reference files that a batch used.
-- Grain: one row per file. Parameters: $batch_id BIGINT. Reads: batch, reference_version. Writes: nothing.
-- Caller: flows/reference_versions.py.

SELECT
    v.file_name,
    v.content
FROM batch AS b
INNER JOIN reference_version AS v ON v.reference_sha256 = b.reference_sha256
WHERE b.batch_id = $batch_id
ORDER BY v.file_name;
