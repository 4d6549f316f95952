-- Purpose: the columns of the last export of a feed that stands and had rows.
-- Grain: one row per column, in the order of the file. Parameters: $feed VARCHAR. Reads: batch_column, batch_status.
-- Writes: nothing. Caller: flows/steps/drift.py.

SELECT
    c.header,
    c.field,
    c.filled_count,
    c.row_count
FROM batch_column AS c
WHERE
    c.batch_id = (
        SELECT max(s.batch_id)
        FROM batch_status AS s
        WHERE
            s.feed = $feed
            AND s.is_standing
            AND s.is_export
            AND s.batch_id IN (SELECT k.batch_id FROM batch_column AS k)
    )
ORDER BY c.position;
