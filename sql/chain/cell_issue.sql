-- Purpose: what is sealed of the cells that were kept out, or doubted.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: cell_issue. Writes: nothing. Caller: flows/chain.py.

SELECT
    i.batch_id,
    i.row_number AS key,
    i.lead_id,
    i.column_name,
    i.code,
    i.raw
FROM cell_issue AS i
WHERE i.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY i.batch_id, i.row_number, i.column_name, i.code, i.raw;
