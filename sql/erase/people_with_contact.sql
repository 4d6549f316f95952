-- Purpose: who has an address, in any version of any of their records: of a shared one all of them.
-- Grain: one row per lead. Parameters: $kind VARCHAR ('email', 'phone'), $value VARCHAR (normal form), $digits VARCHAR (of a phone, else NULL).
-- Reads: record_contact, record_lead, record, lead. Writes: nothing. Caller: flows/erase.py.

WITH found AS (
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
)

SELECT
    l.id AS lead_id,
    l.firstName,
    l.lastName,
    l.company,
    (
        SELECT count(DISTINCT r.record_id)
        FROM record_lead AS k
        INNER JOIN record AS r ON r.source_id = k.source_id
        WHERE k.lead_id = l.id
    ) AS record_count,
    (
        SELECT string_agg(DISTINCT k.feed, ', ' ORDER BY k.feed)
        FROM record_lead AS k
        WHERE k.lead_id = l.id
    ) AS feeds
FROM lead AS l
SEMI JOIN found AS f ON f.lead_id = l.id
ORDER BY l.id;
