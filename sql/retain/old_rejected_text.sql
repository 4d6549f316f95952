-- Purpose: the batches whose rejected rows have kept their text for long enough.
-- Grain: one row per batch, with the number of its texts. Parameters: $now TIMESTAMPTZ, $days INTEGER.
-- Reads: rejected_row, batch. Writes: nothing. Caller: flows/retain.py.

SELECT
    b.batch_id,
    b.finished_at,
    count(*) AS row_count
FROM rejected_row AS k
INNER JOIN batch AS b ON b.batch_id = k.batch_id
WHERE k.raw IS NOT NULL AND b.finished_at < $now::TIMESTAMPTZ - to_days($days::INTEGER)
GROUP BY b.batch_id, b.finished_at
ORDER BY b.batch_id;
