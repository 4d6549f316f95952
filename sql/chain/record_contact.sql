-- Purpose: what is sealed of the contacts of the versions that batches brought.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: record_contact, record. Writes: nothing. Caller: flows/chain.py.

SELECT
    r.batch_id,
    r.row_number AS key,
    c.record_id,
    c.source_id,
    c.position,
    c.kind,
    c.value,
    c.raw,
    c.is_valid
FROM record_contact AS c
INNER JOIN record AS r ON r.record_id = c.record_id
WHERE r.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY r.batch_id, r.row_number, c.record_id, c.position, c.kind, c.value;
