-- Purpose: every e-mail address and phone number of the newcomers, valid or not: what survive/conclude_contacts.sql
--   would make of a lead with one version.
-- Grain: one row per lead, kind, value.
-- Reads: newcomer, staged_contact, concluded. Writes: concluded_contact. Caller: flows/steps/survive.py.

INSERT INTO concluded_contact
SELECT
    n.lead_id,
    k.kind,
    k.value,
    arg_min(k.raw, k.position) AS raw,
    bool_or(
        CASE
            WHEN k.kind = 'email' THEN k.value = c.email
            WHEN k.is_valid THEN k.value = c.phone
            -- An invalid number is carried as its text, tidied.
            ELSE k.value = c.phone OR trim(regexp_replace(k.raw, '\s+', ' ', 'g')) = c.phone
        END
    ) IS TRUE AS is_primary,
    bool_or(k.is_valid) AS is_valid
FROM newcomer AS n
INNER JOIN staged_contact AS k ON k.row_number = n.row_number
INNER JOIN concluded AS c ON c.id = n.lead_id
GROUP BY n.lead_id, k.kind, k.value
ORDER BY n.lead_id;
