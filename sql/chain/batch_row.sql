-- Purpose: what became of each row that batches read.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: batch_row. Writes: nothing. Caller: flows/chain.py.

SELECT
    w.batch_id,
    w.row_number AS key,
    w.line_number,
    w.outcome,
    w.record_id,
    w.lead_id
FROM batch_row AS w
WHERE w.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY w.batch_id, w.row_number, w.outcome, w.record_id, w.lead_id;
