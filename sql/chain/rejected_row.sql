-- Purpose: what is sealed of rejected rows: not status and count, which change, nor the text (chain/rejected_text.sql).
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: rejected_row. Writes: nothing. Caller: flows/chain.py.

SELECT
    k.batch_id,
    k.row_number AS key,
    k.line_number,
    k.feed,
    to_json(k.reasons)::VARCHAR AS reasons,
    k.first_batch_id,
    k.source_key,
    k.fingerprint
FROM rejected_row AS k
WHERE k.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY k.batch_id, k.row_number, k.fingerprint;
