-- Purpose: keep the reference files that a batch used, unless a batch before it used the same.
-- Grain: one row per file of a new version.
-- Reads: incoming (reference_sha256, file_name, content). Writes: reference_version. Caller: flows/steps/load.py.

INSERT INTO reference_version
SELECT
    i.reference_sha256,
    i.file_name,
    i.content
FROM incoming AS i
WHERE i.reference_sha256 NOT IN (SELECT v.reference_sha256 FROM reference_version AS v);
