-- Purpose: the digest by which the key of the people in this warehouse is known again.
-- Grain: one row, none before a key was needed. Reads: person_key. Writes: nothing. Caller: flows/person_key.py, flows/retold.py.

SELECT k.fingerprint
FROM person_key AS k;
