-- Purpose: the views that answer "what stands today" and "what does the specification's document look like".

-- Grain: one row per batch. What stands of it: the batch's own status, or what a later batch made of it.
CREATE VIEW batch_status AS
SELECT
    b.batch_id,
    b.kind,
    b.feed,
    b.file_uri,
    b.file_sha256,
    b.as_of,
    CASE
        WHEN later.was_undone THEN 'undone'
        WHEN b.status = 'held' AND later.was_approved THEN 'approved'
        ELSE b.status
    END AS status,
    b.status = 'loaded' AND NOT coalesce(later.was_undone, FALSE) AS is_standing
FROM batch AS b
LEFT JOIN (
    SELECT
        of_batch_id,
        bool_or(kind = 'undo') AS was_undone,
        bool_or(kind = 'approve') AS was_approved
    FROM batch
    WHERE of_batch_id IS NOT NULL AND status = 'loaded'
    GROUP BY of_batch_id
) AS later ON later.of_batch_id = b.batch_id;

-- Grain: one row per record version that stands no more: its batch was undone, and no standing batch brought
-- the same version again.
CREATE VIEW withdrawn_record AS
SELECT r.record_id
FROM record AS r
WHERE
    r.batch_id IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
    AND r.record_id NOT IN (
        SELECT w.record_id
        FROM batch_row AS w
        INNER JOIN batch_status AS s ON s.batch_id = w.batch_id
        WHERE s.is_standing AND w.record_id IS NOT NULL
    );
