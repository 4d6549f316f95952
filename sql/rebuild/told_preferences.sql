-- Purpose: what a batch noted of how erased people may be contacted: by the hashes.
-- Grain: one row per contact, channel and evidence. Parameters: $batch_id BIGINT. Reads: contact_preference. Writes: nothing.
-- Caller: flows/retold.py.

SELECT p.*
FROM contact_preference AS p
WHERE p.batch_id = $batch_id AND p.value IS NULL;
