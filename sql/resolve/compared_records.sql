-- Purpose: what is compared of the faces: names, company, location, and every contact that the source record has. An
--   address or number of an office, or that many records carry, is a desk's.
-- Grain: one row per face. Parameters: none.
-- Reads: face, compared_source, staged_contact, staged_version, staged_lead, record, record_contact,
--   superseded_contact, withdrawn_record. Writes: nothing. Caller: flows/steps/resolve.py.

WITH contact AS (
    SELECT
        v.source_id,
        c.kind,
        c.value,
        c.is_valid
    FROM staged_contact AS c
    INNER JOIN staged_version AS v ON v.row_number = c.row_number AND v.is_new
    WHERE v.source_id IN (SELECT s.source_id FROM compared_source AS s)
    UNION
    SELECT
        k.source_id,
        k.kind,
        k.value,
        k.is_valid
    FROM record_contact AS k
    WHERE
        k.source_id IN (SELECT s.source_id FROM compared_source AS s)
        AND k.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
        AND (k.record_id, k.kind) NOT IN (SELECT (u.record_id, u.kind) FROM superseded_contact AS u)
),

-- What a plan or a standard calls invalid still tells who somebody is, if it is a number or an address at all.
telling AS (
    SELECT DISTINCT
        c.source_id,
        c.kind,
        c.value
    FROM contact AS c
    WHERE
        c.is_valid
        OR (c.kind = 'phone' AND length(regexp_replace(c.value, '[^0-9]', '', 'g')) >= 7)
        OR (c.kind = 'email' AND regexp_full_match(c.value, '[^@\s]+@[^@\s]+\.[^@\s]+'))
),

carried AS (
    SELECT
        b.kind,
        b.value,
        count(DISTINCT b.source_id) AS source_count
    FROM (
        SELECT
            t.kind,
            t.value,
            t.source_id
        FROM telling AS t
        UNION ALL
        SELECT
            k.kind,
            k.value,
            k.source_id
        FROM record_contact AS k
        INNER JOIN (SELECT DISTINCT t.kind, t.value FROM telling AS t) AS t ON t.kind = k.kind AND t.value = k.value
    ) AS b
    GROUP BY b.kind, b.value
),

told AS (
    SELECT
        t.source_id,
        t.kind,
        t.value,
        c.source_count > 8 OR (
            t.kind = 'email'
            AND regexp_matches(
                t.value,
                '^(info|sales|office|contact|kontakt|admin|support|hello|mail|team|enquiries|enquiry|inquiries|service'
                || '|accounts|accounting|billing|marketing|hr|jobs|reception|webmaster|postmaster|noreply|no-reply)'
                || '([.@0-9_-])'
            )
        ) AS is_desk
    FROM telling AS t
    INNER JOIN carried AS c ON c.kind = t.kind AND c.value = t.value
),

reached AS (
    SELECT
        t.source_id,
        list(t.value) FILTER (WHERE t.kind = 'email' AND NOT t.is_desk) AS emails,
        list(t.value) FILTER (WHERE t.kind = 'email' AND t.is_desk) AS desk_emails,
        list(t.value) FILTER (WHERE t.kind = 'phone' AND NOT t.is_desk) AS phones,
        list(t.value) FILTER (WHERE t.kind = 'phone' AND t.is_desk) AS desk_phones
    FROM told AS t
    GROUP BY t.source_id
),

located AS (
    SELECT
        v.record_id,
        any_value(s.location) AS location
    FROM staged_version AS v
    INNER JOIN staged_lead AS s ON s.row_number = v.row_number
    WHERE v.is_new AND v.record_id IN (SELECT f.face_id FROM face AS f)
    GROUP BY v.record_id
    UNION ALL
    SELECT
        r.record_id,
        r.location
    FROM record AS r
    WHERE r.record_id IN (SELECT f.face_id FROM face AS f)
)

SELECT
    n.face_id AS unique_id,
    n.first_name,
    n.last_name,
    regexp_replace(coalesce(n.first_name, '') || '|' || coalesce(n.last_name, ''), '[^0-9|]', '', 'g') AS digits,
    coalesce(r.emails, []) AS emails,
    coalesce(r.desk_emails, []) AS desk_emails,
    coalesce(r.phones, []) AS phones,
    coalesce(r.desk_phones, []) AS desk_phones,
    n.company,
    words_key(l.location) AS location
FROM face AS n
LEFT JOIN located AS l ON l.record_id = n.face_id
LEFT JOIN reached AS r ON r.source_id = n.source_id
ORDER BY n.face_id;
