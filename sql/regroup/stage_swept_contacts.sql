-- Purpose: the contacts that the swept source records still say.
-- Grain: one row per contact cell. Reads: staged_version, record_contact, superseded_contact. Writes: staged_contact.
-- Caller: flows/regroup.py.

INSERT INTO staged_contact
SELECT
    v.row_number,
    k.position,
    k.kind,
    k.value,
    k.raw,
    k.is_valid
FROM record_contact AS k
INNER JOIN staged_version AS v ON v.record_id = k.record_id
ANTI JOIN superseded_contact AS u ON u.record_id = k.record_id AND u.kind = k.kind;
