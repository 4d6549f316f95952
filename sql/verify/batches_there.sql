-- Purpose: whether each batch that was ever numbered is there, once.
-- Grain: one row per number that is not. Parameters: none. Reads: batch, high_water. Writes: nothing. Caller: flows/verify.py.

WITH numbered AS (
    SELECT unnest(range(1, greatest(h.value, (SELECT coalesce(max(b.batch_id), 0) FROM batch AS b)) + 1)) AS batch_id
    FROM high_water AS h
    WHERE h.name = 'batch_id'
)

SELECT
    n.batch_id AS first_batch,
    CASE count(b.batch_id) WHEN 0 THEN 'the batch is gone' ELSE 'the batch is there more than once' END AS detail
FROM numbered AS n
LEFT JOIN batch AS b ON b.batch_id = n.batch_id
GROUP BY n.batch_id
HAVING count(b.batch_id) <> 1
UNION ALL
SELECT
    max(b.batch_id) AS first_batch,
    'the mark of the batch numbers given out is below it' AS detail
FROM batch AS b
HAVING max(b.batch_id) > (SELECT h.value FROM high_water AS h WHERE h.name = 'batch_id')
ORDER BY first_batch;
