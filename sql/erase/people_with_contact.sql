-- Purpose: who has an address, in any version of any of their records: of a shared one all of them.
-- Grain: one row per lead. Parameters: $kind VARCHAR ('email', 'phone'), $value VARCHAR (normal form), $digits VARCHAR (of a phone, else NULL).
-- Reads: record_contact, record_lead. Writes: nothing. Caller: flows/erase.py.

SELECT DISTINCT k.lead_id
FROM record_contact AS c
INNER JOIN record_lead AS k ON k.source_id = c.source_id
WHERE
    c.kind = $kind
    AND (
        lower(c.value) = lower($value)
        OR lower(trim(c.raw)) = lower($value)
        OR ($digits IS NOT NULL AND ends_with(regexp_replace(c.value, '[^0-9]', '', 'g'), $digits))
    )
ORDER BY k.lead_id;
