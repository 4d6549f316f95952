-- Purpose: what was wrong with the rows of each file: reasons of rejected rows, and cells that could not be read.
-- Grain: one row per batch, effect, column and code; batches of any status.
-- Columns:
--   feed           feed of the file
--   batch_id       batch
--   status         what stands of the batch today: loaded, failed, held, approved or undone
--   effect         row_rejected: no lead was made from the row; cell_issue: the row was kept, without or despite the cell
--   column_name    the column; '' where a row as a whole was broken
--   code           what was wrong, such as phone_invalid
--   issue_count    how often. A bad row that an earlier file of the feed had too is counted with that file only
--   row_fraction   issue_count as a share of the batch's records read; NULL: nothing read, or a batch that failed
-- Example: SELECT column_name, code, sum(issue_count) AS cells FROM issues_by_code WHERE feed = 'hubspot' AND status =
--   'loaded' GROUP BY ALL ORDER BY cells DESC shows what to ask the vendor to mend first.
-- Reads: batch, batch_status, cell_issue, rejected_row. Writes: issues_by_code. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW issues_by_code AS
WITH reason AS (
    SELECT
        r.batch_id,
        unnest(r.reasons) AS reason
    FROM rejected_row AS r
),

issue AS (
    SELECT
        i.batch_id,
        'cell_issue' AS effect,
        i.column_name,
        i.code,
        count(*) AS issue_count
    FROM cell_issue AS i
    GROUP BY i.batch_id, i.column_name, i.code
    UNION ALL
    SELECT
        r.batch_id,
        'row_rejected' AS effect,
        r.reason."column" AS column_name,
        r.reason.code AS code,
        count(*) AS issue_count
    FROM reason AS r
    GROUP BY r.batch_id, r.reason."column", r.reason.code
)

SELECT
    b.feed,
    i.batch_id,
    s.status,
    i.effect,
    i.column_name,
    i.code,
    i.issue_count,
    CASE WHEN b.status = 'loaded' THEN i.issue_count / nullif(b.rows_read, 0) END AS row_fraction
FROM issue AS i
INNER JOIN batch AS b ON b.batch_id = i.batch_id
INNER JOIN batch_status AS s ON s.batch_id = i.batch_id;
