-- Purpose: put away the open rejected rows of a batch that nobody will mend. They stay and can be asked for; the same
--   bad record in a later export is no news.
-- Grain: one row per row dismissed. Parameters: $batch_id BIGINT, $row_numbers BIGINT[] (NULL: all of the batch).
-- Reads: rejected_sighting. Writes: rejected_row. Caller: flows/steps/publish.py.

UPDATE rejected_row
SET status = 'dismissed'
WHERE
    rejected_row.status = 'open'
    AND EXISTS (
        SELECT 1
        FROM rejected_sighting AS s
        WHERE
            s.batch_id = $batch_id
            AND ($row_numbers IS NULL OR list_contains($row_numbers, s.row_number))
            AND s.rejected_batch_id = rejected_row.batch_id
            AND s.rejected_row_number = rejected_row.row_number
    );
