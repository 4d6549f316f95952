-- Purpose: the contacts that preferences are of, to be held against their hashes.
-- Grain: one row per row of contact_preference whose contact is kept. Parameters: none. Reads: contact_preference.
-- Writes: nothing. Caller: flows/verify.py.

SELECT
    p.batch_id,
    p.kind,
    p.value,
    p.value_hash
FROM contact_preference AS p
WHERE p.value IS NOT NULL
ORDER BY p.batch_id;
