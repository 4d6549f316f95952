-- Purpose: the newest batch that was finished at a moment, and the first moment of which it is known how leads were.
-- Grain: one row; batch_id 0 before the first batch, known_since NULL where that is so from the first batch on.
-- Parameters: $moment TIMESTAMPTZ. Reads: batch, high_water. Writes: nothing. Caller: flows/history.py.

SELECT
    coalesce(max(b.batch_id) FILTER (WHERE b.finished_at <= $moment::TIMESTAMPTZ), 0) AS batch_id,
    max(b.finished_at) FILTER (
        WHERE b.batch_id <= (SELECT h.value FROM high_water AS h WHERE h.name = 'version_batch_id')
    ) AS known_since
FROM batch AS b;
