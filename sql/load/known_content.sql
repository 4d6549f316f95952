-- Purpose: the batch that loaded this content for this feed, if it stands and a repeat would say nothing new.
--   A "full" feed that has loaded another export since says something new with an old one (A, B, A ends in A). What has
--   the time of the old one is no other export but a part of it.
-- Grain: one row, or none. Parameters: $feed VARCHAR, $file_sha256 VARCHAR, $is_full BOOLEAN.
-- Reads: batch_status. Writes: nothing. Caller: flows/steps/load.py.

SELECT s.batch_id
FROM batch_status AS s
WHERE
    s.is_standing
    AND s.is_export
    AND s.feed = $feed
    AND s.file_sha256 = $file_sha256
    AND NOT (
        $is_full
        AND EXISTS (
            SELECT 1
            FROM batch_status AS later
            WHERE
                later.is_standing
                AND later.is_export
                AND later.feed = $feed
                AND later.batch_id > s.batch_id
                AND later.file_sha256 <> $file_sha256
                AND later.as_of IS DISTINCT FROM s.as_of
        )
    )
ORDER BY s.batch_id DESC
LIMIT 1;
