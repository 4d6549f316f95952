-- Purpose: take the salts of the texts of rejected rows away, so that nobody can find out what they were by trying.
-- Grain: as seal. Reads: incoming (batch_id), seal. Writes: seal. Caller: flows/retain.py.

UPDATE seal
SET salt = NULL
WHERE part = 'rejected_text' AND batch_id IN (SELECT i.batch_id FROM incoming AS i);
