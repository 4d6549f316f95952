-- Purpose: what became of the rows of a batch, and which of them are erased people's: their records are gone, or what is kept of a
--   rejected one is its codes. Of a list of opt-outs nothing tells; there it may be any.
-- Grain: one row per record read. Parameters: $batch_id BIGINT. Reads: batch_row, record, rejected_sighting, rejected_row.
-- Writes: nothing. Caller: flows/retold.py.

SELECT
    w.*,
    CASE w.outcome
        WHEN 'suppressed' THEN FALSE
        WHEN 'rejected'
            THEN w.row_number IN (
                SELECT s.row_number
                FROM rejected_sighting AS s
                INNER JOIN rejected_row AS k
                    ON k.batch_id = s.rejected_batch_id AND k.row_number = s.rejected_row_number
                WHERE s.batch_id = $batch_id AND starts_with(k.fingerprint, 'erased ')
            )
        ELSE w.record_id IS NULL OR w.record_id NOT IN (SELECT r.record_id FROM record AS r)
    END AS is_erased
FROM batch_row AS w
WHERE w.batch_id = $batch_id
ORDER BY w.row_number;
