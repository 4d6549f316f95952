-- Purpose: seal what a batch said of each lead: all of it must be written.
-- Grain: one row per lead. Parameters: $batch_id BIGINT, $secret VARCHAR.
-- Reads: lead_contents. Writes: lead_seal. Caller: flows/chain.py.

INSERT INTO lead_seal
SELECT
    c.batch_id,
    c.lead_id,
    unhex(c.salt) AS salt,
    unhex(sha256(c.salt || c.text)) AS digest
FROM (
    SELECT
        t.batch_id,
        t.lead_id,
        t.text,
        left(sha256($secret || 'lead' || t.lead_id), 32) AS salt
    FROM lead_contents($batch_id, $batch_id) AS t
) AS c;
