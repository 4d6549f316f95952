-- Purpose: how good each file was: what share of its rows was rejected, what share had cells that could not be read.
-- Grain: one row per batch that took rows, whatever stands of it today: see status.
-- Columns:
--   feed                 feed of the file
--   batch_id             batch
--   status               what stands of it: loaded, failed, held, approved or undone
--   is_standing          whether its rows count in the warehouse
--   file_uri             the file
--   as_of                what time the file speaks of
--   started_at           when it was taken
--   rows_read            records read; of a failed batch only the rejected ones are known
--   rows_rejected        records that no lead could be made from
--   rows_suppressed      records of people who may not be stored
--   reject_fraction      share (0 to 1) of the records read that was rejected; NULL: nothing read, or a batch that failed
--   issue_count          cells kept out of, or doubtful in, rows that were kept
--   issue_row_count      rows that were kept and have such cells
--   issue_row_fraction   share (0 to 1) of the records read that they are; NULL as reject_fraction
-- Example: SELECT * FROM batch_quality WHERE feed = 'hubspot' ORDER BY batch_id DESC LIMIT 10 shows whether the
--   vendor's files get worse.
-- Reads: batch, batch_status, cell_issue. Writes: batch_quality. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW batch_quality AS
WITH issue AS (
    SELECT
        i.batch_id,
        count(*) AS issue_count,
        count(DISTINCT i.row_number) AS issue_row_count
    FROM cell_issue AS i
    GROUP BY i.batch_id
)

SELECT
    b.feed,
    b.batch_id,
    s.status,
    s.is_standing,
    b.file_uri,
    b.as_of,
    b.started_at,
    b.rows_read,
    b.rows_rejected,
    b.rows_suppressed,
    CASE WHEN b.status = 'loaded' THEN b.rows_rejected / nullif(b.rows_read, 0) END AS reject_fraction,
    coalesce(i.issue_count, 0) AS issue_count,
    coalesce(i.issue_row_count, 0) AS issue_row_count,
    CASE
        WHEN b.status = 'loaded' THEN coalesce(i.issue_row_count, 0) / nullif(b.rows_read, 0)
    END AS issue_row_fraction
FROM batch AS b
INNER JOIN batch_status AS s ON s.batch_id = b.batch_id
LEFT JOIN issue AS i ON i.batch_id = b.batch_id
WHERE b.kind IN ('ingest', 'replay', 'approve') AND b.status <> 'skipped';
