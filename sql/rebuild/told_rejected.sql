-- Purpose: what is kept of the rejected rows of erased people that a batch saw first.
-- Grain: one row per rejected row. Parameters: $batch_id BIGINT. Reads: rejected_row. Writes: nothing. Caller: flows/retold.py.

SELECT k.*
FROM rejected_row AS k
WHERE k.batch_id = $batch_id AND starts_with(k.fingerprint, 'erased ');
