-- Purpose: every e-mail address and phone number that the records of a lead say, valid or not. Primary is
--   the one that the lead itself carries.
-- Grain: one row per lead, kind, value.
-- Reads: standing_version, newcomer, record_contact, superseded_contact, concluded. Writes: concluded_contact.
-- Caller: flows/steps/survive.py.

INSERT INTO concluded_contact
SELECT
    v.lead_id,
    k.kind,
    k.value,
    -- As it was first written; no record has 4,096 contact cells.
    arg_min(k.raw, v.record_id * 4096 + k.position) AS raw,
    bool_or(
        CASE
            WHEN k.kind = 'email' THEN k.value = c.email
            WHEN k.is_valid THEN k.value = c.phone
            -- An invalid number is carried as its text, tidied.
            ELSE k.value = c.phone OR trim(regexp_replace(k.raw, '\s+', ' ', 'g')) = c.phone
        END
    ) IS TRUE AS is_primary,
    bool_or(k.is_valid) AS is_valid
FROM standing_version AS v
INNER JOIN record_contact AS k ON k.record_id = v.record_id
INNER JOIN concluded AS c ON c.id = v.lead_id
LEFT JOIN superseded_contact AS u ON u.record_id = k.record_id AND u.kind = k.kind
-- An invalid address was never the lead's own, so nothing that the source says later takes its place.
WHERE
    v.lead_id NOT IN (SELECT n.lead_id FROM newcomer AS n)
    AND (u.record_id IS NULL OR (k.kind = 'email' AND NOT k.is_valid))
GROUP BY v.lead_id, k.kind, k.value;
