-- Purpose: say that the batch is undone, so that from here on in the transaction everything is concluded from what stands
--   without it. The audit row proper takes this one's place at the end.
-- Grain: one row. Parameters: $of_batch_id BIGINT. Reads: this_batch. Writes: batch. Caller: flows/undo.py.

INSERT INTO batch (
    batch_id,
    kind,
    of_batch_id,
    status,
    trigger,
    started_at,
    finished_at,
    rows_read,
    rows_inserted,
    rows_updated,
    rows_unchanged,
    rows_merged,
    rows_rejected,
    rows_suppressed,
    code_version
)
SELECT
    b.batch_id,
    b.kind,
    $of_batch_id AS of_batch_id,
    'loaded' AS status,
    'manual' AS trigger,
    b.started_at,
    b.started_at AS finished_at,
    0 AS rows_read,
    0 AS rows_inserted,
    0 AS rows_updated,
    0 AS rows_unchanged,
    0 AS rows_merged,
    0 AS rows_rejected,
    0 AS rows_suppressed,
    '' AS code_version
FROM this_batch AS b;
