-- Purpose: the text that is kept of rejected rows, for as long as it is kept.
-- Grain: one row per rejected row of which the text is kept. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: rejected_row. Writes: nothing. Caller: flows/chain.py.

SELECT
    k.batch_id,
    k.row_number AS key,
    k.raw
FROM rejected_row AS k
WHERE k.batch_id BETWEEN $first_batch_id AND $last_batch_id AND k.raw IS NOT NULL
ORDER BY k.batch_id, k.row_number, k.raw;
