-- Purpose: rejected rows that only the undone batch saw are no longer open; those that it had replayed are open again.
-- Grain: one row per rejected record. Reads: undone_batch, rejected_sighting, batch_status. Writes: rejected_row.
-- Caller: flows/undo.py.

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
