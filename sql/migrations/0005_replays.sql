-- Purpose: what replaying rejected rows needs: which rejected row a rejected record is, in whatever export it came,
--   and which batches took an export whole.

-- Grain: one row per rejected record of a batch: the rejected row that it is. The same bad record in three exports is
-- one rejected row, seen in three batches.
CREATE TABLE rejected_sighting (
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    rejected_batch_id BIGINT NOT NULL,
    rejected_row_number BIGINT NOT NULL
);

INSERT INTO rejected_sighting
SELECT
    r.batch_id,
    r.row_number,
    r.batch_id AS rejected_batch_id,
    r.row_number AS rejected_row_number
FROM rejected_row AS r;

-- Grain: one row per batch. What stands of it: the batch's own status, or what a later batch made of it. An export is
-- a file taken whole: not the mended rows of one that was taken before.
CREATE OR REPLACE VIEW batch_status AS
SELECT
    b.batch_id,
    b.kind,
    b.of_batch_id,
    b.feed,
    b.file_uri,
    b.file_sha256,
    b.as_of,
    CASE
        WHEN later.was_undone THEN 'undone'
        WHEN b.status = 'held' AND later.was_approved THEN 'approved'
        ELSE b.status
    END AS status,
    b.status = 'loaded' AND NOT coalesce(later.was_undone, FALSE) AS is_standing,
    b.kind IN ('ingest', 'approve') OR (b.kind = 'replay' AND b.file_sha256 = original.file_sha256) AS is_export
FROM batch AS b
LEFT JOIN batch AS original ON original.batch_id = b.of_batch_id
LEFT JOIN (
    SELECT
        of_batch_id,
        bool_or(kind = 'undo') AS was_undone,
        bool_or(kind = 'approve') AS was_approved
    FROM batch
    WHERE of_batch_id IS NOT NULL AND status = 'loaded'
    GROUP BY of_batch_id
) AS later ON later.of_batch_id = b.batch_id;
