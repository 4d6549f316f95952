-- Purpose: in which rows a batch saw rejected rows of erased people.
-- Grain: one row per rejected record. Parameters: $batch_id BIGINT. Reads: rejected_sighting, rejected_row. Writes: nothing.
-- Caller: flows/retold.py.

SELECT s.*
FROM rejected_sighting AS s
INNER JOIN rejected_row AS k ON k.batch_id = s.rejected_batch_id AND k.row_number = s.rejected_row_number
WHERE s.batch_id = $batch_id AND starts_with(k.fingerprint, 'erased ');
