-- Purpose: the records of a batch that it rejected and that are open still, with the rejected rows that they are.
-- Grain: one row per record, in file order. Parameters: $batch_id BIGINT. Reads: rejected_sighting, rejected_row.
-- Writes: nothing. Caller: flows/replay.py, flows/rebuild.py.

SELECT
    s.row_number,
    s.rejected_batch_id,
    s.rejected_row_number
FROM rejected_sighting AS s
INNER JOIN rejected_row AS r ON r.batch_id = s.rejected_batch_id AND r.row_number = s.rejected_row_number
WHERE s.batch_id = $batch_id AND r.status = 'open'
ORDER BY s.row_number;
