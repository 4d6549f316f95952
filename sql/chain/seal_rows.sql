-- Purpose: seal what is kept of each row of a batch: all its rows must be written.
-- Grain: one row per row read. A salt follows from a secret that is drawn for the batch and forgotten, so that nobody can find
--   it again once it is erased.
-- Parameters: $batch_id BIGINT, $secret VARCHAR. Reads: row_contents. Writes: row_seal. Caller: flows/chain.py.

INSERT INTO row_seal
SELECT
    c.batch_id,
    c.row_number,
    unhex(c.salt) AS salt,
    unhex(sha256(c.salt || c.text)) AS digest
FROM (
    SELECT
        t.batch_id,
        t.row_number,
        t.text,
        left(sha256($secret || 'row' || t.row_number), 32) AS salt
    FROM row_contents($batch_id, $batch_id) AS t
) AS c;
