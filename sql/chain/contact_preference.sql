-- Purpose: what is sealed of how people may be contacted: who is meant by hash alone, for an erasure takes contact and evidence.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: contact_preference. Writes: nothing. Caller: flows/chain.py.

SELECT
    p.batch_id,
    coalesce(p.row_number, 0) AS key,
    p.kind,
    p.value_hash,
    p.channel,
    p.status,
    p.source,
    epoch_us(p.noted_at) AS noted_at
FROM contact_preference AS p
WHERE p.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY p.batch_id, coalesce(p.row_number, 0), p.value_hash, p.channel, p.status, p.source, p.noted_at;
