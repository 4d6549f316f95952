-- Purpose: how good each feed's files are, over all that stand of it.
-- Grain: one row per feed that files were taken for.
-- Columns:
--   feed                   the feed
--   loaded_batch_count     batches that stand
--   failed_batch_count     batches that failed
--   undone_batch_count     batches that were undone
--   last_loaded_at         when the newest batch that stands was taken; NULL: none stands
--   rows_read              records read by the batches that stand; all counts below are of these
--   rows_rejected          records that no lead could be made from
--   rows_suppressed        records of people who may not be stored
--   reject_fraction        share (0 to 1) of the records read that was rejected; NULL: nothing read
--   last_reject_fraction   the same of the newest batch that stands
--   issue_count            cells kept out of, or doubtful in, rows that were kept
--   issue_row_fraction     share (0 to 1) of the records read that have such cells; NULL: nothing read
--   open_rejected_count    distinct bad records that still wait to be put right, those of failed batches among them
-- Example: SELECT feed, reject_fraction, last_reject_fraction FROM feed_quality ORDER BY last_reject_fraction DESC
--   shows the feeds to look after first, and whether it is new with them.
-- Reads: batch, batch_status, cell_issue, rejected_row. Writes: feed_quality. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW feed_quality AS
WITH issue AS (
    SELECT
        i.batch_id,
        count(*) AS issue_count,
        count(DISTINCT i.row_number) AS issue_row_count
    FROM cell_issue AS i
    GROUP BY i.batch_id
),

taken AS (
    SELECT
        b.feed,
        count(*) FILTER (WHERE s.is_standing) AS loaded_batch_count,
        count(*) FILTER (WHERE s.status = 'failed') AS failed_batch_count,
        count(*) FILTER (WHERE s.status = 'undone') AS undone_batch_count,
        max(b.started_at) FILTER (WHERE s.is_standing) AS last_loaded_at,
        coalesce(sum(b.rows_read) FILTER (WHERE s.is_standing), 0)::BIGINT AS rows_read,
        coalesce(sum(b.rows_rejected) FILTER (WHERE s.is_standing), 0)::BIGINT AS rows_rejected,
        coalesce(sum(b.rows_suppressed) FILTER (WHERE s.is_standing), 0)::BIGINT AS rows_suppressed,
        arg_max(b.rows_rejected / nullif(b.rows_read, 0), b.batch_id) FILTER (
            WHERE s.is_standing AND b.rows_read > 0
        ) AS last_reject_fraction,
        coalesce(sum(i.issue_count) FILTER (WHERE s.is_standing), 0)::BIGINT AS issue_count,
        coalesce(sum(i.issue_row_count) FILTER (WHERE s.is_standing), 0)::BIGINT AS issue_row_count
    FROM batch AS b
    INNER JOIN batch_status AS s ON s.batch_id = b.batch_id
    LEFT JOIN issue AS i ON i.batch_id = b.batch_id
    WHERE b.kind IN ('ingest', 'replay', 'approve') AND b.status <> 'skipped'
    GROUP BY b.feed
),

waiting AS (
    SELECT
        r.feed,
        count(*) AS open_rejected_count
    FROM rejected_row AS r
    INNER JOIN batch_status AS s ON s.batch_id = r.batch_id
    WHERE r.status = 'open' AND s.status <> 'undone'
    GROUP BY r.feed
)

SELECT
    t.feed,
    t.loaded_batch_count,
    t.failed_batch_count,
    t.undone_batch_count,
    t.last_loaded_at,
    t.rows_read,
    t.rows_rejected,
    t.rows_suppressed,
    t.rows_rejected / nullif(t.rows_read, 0) AS reject_fraction,
    t.last_reject_fraction,
    t.issue_count,
    t.issue_row_count / nullif(t.rows_read, 0) AS issue_row_fraction,
    coalesce(w.open_rejected_count, 0) AS open_rejected_count
FROM taken AS t
LEFT JOIN waiting AS w ON w.feed = t.feed;
