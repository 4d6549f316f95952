-- Purpose: whether the counts of each batch are those of its rows, numbered from 1 without a gap.
-- Grain: one row per batch that is not. Parameters: none. Reads: batch, batch_row. Writes: nothing. Caller: flows/verify.py.

WITH counted AS (
    SELECT
        r.batch_id,
        count(*) AS rows_read,
        count(*) FILTER (WHERE r.outcome = 'inserted') AS rows_inserted,
        count(*) FILTER (WHERE r.outcome = 'updated') AS rows_updated,
        count(*) FILTER (WHERE r.outcome = 'unchanged') AS rows_unchanged,
        count(*) FILTER (WHERE r.outcome = 'merged') AS rows_merged,
        count(*) FILTER (WHERE r.outcome = 'rejected') AS rows_rejected,
        count(*) FILTER (WHERE r.outcome = 'suppressed') AS rows_suppressed
    FROM batch_row AS r
    GROUP BY r.batch_id
),

told AS (
    SELECT
        b.batch_id,
        b.rows_read,
        b.rows_inserted,
        b.rows_updated,
        b.rows_unchanged,
        b.rows_merged,
        b.rows_rejected,
        b.rows_suppressed
    FROM batch AS b
    WHERE b.rows_read > 0 OR b.batch_id IN (SELECT r.batch_id FROM batch_row AS r)
)

SELECT
    batch_id AS first_batch,
    'its counts are not those of its rows' AS detail
FROM (
    (FROM told EXCEPT ALL FROM counted)
    UNION ALL
    (FROM counted EXCEPT ALL FROM told)
    UNION ALL
    SELECT t.*
    FROM told AS t
    WHERE t.rows_read <> t.rows_inserted + t.rows_updated + t.rows_unchanged
        + t.rows_merged + t.rows_rejected + t.rows_suppressed
) AS wrong
GROUP BY batch_id
UNION ALL
SELECT
    r.batch_id AS first_batch,
    'a row number is there more than once, or is none' AS detail
FROM (
    SELECT
        w.batch_id,
        w.row_number
    FROM batch_row AS w
    GROUP BY w.batch_id, w.row_number
    HAVING count(*) > 1 OR w.row_number < 1
) AS r
GROUP BY r.batch_id
ORDER BY first_batch, detail;
