-- Purpose: rejected rows that only the undone batch saw are no longer open; those that it had replayed, or closed because it
--   brought the record whole, are open again, unless another batch that stands has brought it since.
-- Grain: one row per rejected record. Reads: undone_batch, rejected_sighting, batch_status, batch, batch_row, record.
-- Writes: rejected_row. Caller: flows/undo.py.

UPDATE rejected_row
SET status = 'superseded'
WHERE
    status = 'open'
    AND batch_id = (SELECT u.batch_id FROM undone_batch AS u)
    AND NOT EXISTS (
        SELECT 1
        FROM rejected_sighting AS g
        INNER JOIN batch_status AS s ON s.batch_id = g.batch_id AND s.status <> 'undone'
        WHERE g.rejected_batch_id = rejected_row.batch_id AND g.rejected_row_number = rejected_row.row_number
    );

UPDATE rejected_row
SET status = 'open'
FROM batch AS b
INNER JOIN undone_batch AS u ON u.batch_id = b.batch_id
WHERE
    b.kind = 'replay'
    AND rejected_row.status = 'replayed'
    AND rejected_row.batch_id = b.of_batch_id;

UPDATE rejected_row
SET status = 'open'
FROM (
    WITH brought AS (
        SELECT DISTINCT
            r.feed,
            r.source_key
        FROM batch_row AS w
        INNER JOIN undone_batch AS u ON u.batch_id = w.batch_id
        INNER JOIN record AS r ON r.record_id = w.record_id
    ),

    closed AS (
        SELECT
            k.batch_id,
            k.row_number,
            k.feed,
            k.source_key,
            max(g.batch_id) AS last_batch_id
        FROM rejected_row AS k
        INNER JOIN brought AS b ON b.feed = k.feed AND b.source_key = k.source_key
        INNER JOIN rejected_sighting AS g
            ON g.rejected_batch_id = k.batch_id AND g.rejected_row_number = k.row_number
        INNER JOIN batch_status AS s ON s.batch_id = g.batch_id AND s.status <> 'undone'
        WHERE k.status = 'superseded'
        GROUP BY k.batch_id, k.row_number, k.feed, k.source_key
    ),

    -- Of a record that was rejected in several ways only the last one is open.
    newest AS (
        FROM closed
        QUALIFY row_number() OVER (PARTITION BY feed, source_key ORDER BY last_batch_id DESC, row_number DESC) = 1
    )

    SELECT
        n.batch_id,
        n.row_number
    FROM newest AS n
    WHERE
        n.last_batch_id < (SELECT u.batch_id FROM undone_batch AS u)
        AND NOT EXISTS (
            SELECT 1
            FROM record AS r
            INNER JOIN batch_row AS w ON w.record_id = r.record_id
            INNER JOIN batch_status AS s ON s.batch_id = w.batch_id AND s.is_standing
            WHERE r.feed = n.feed AND r.source_key = n.source_key AND w.batch_id > n.last_batch_id
        )
        AND NOT EXISTS (
            SELECT 1
            FROM rejected_row AS o
            WHERE o.feed = n.feed AND o.source_key = n.source_key AND o.status = 'open'
        )
) AS c
WHERE rejected_row.batch_id = c.batch_id AND rejected_row.row_number = c.row_number;
