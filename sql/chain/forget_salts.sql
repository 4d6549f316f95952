-- Purpose: take the salts of blocks away that a batch has sealed anew: the old digests can be tried with nothing any more.
-- Grain: as seal. Parameters: $sealed_by BIGINT. Reads: seal. Writes: seal. Caller: flows/chain.py.

UPDATE seal
SET salt = NULL
WHERE
    sealed_by < $sealed_by
    AND (part, batch_id, last_key) IN (
        SELECT (s.part, s.batch_id, s.last_key)
        FROM seal AS s
        WHERE s.sealed_by = $sealed_by AND s.batch_id < $sealed_by
    );
