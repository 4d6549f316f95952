-- Purpose: all that the warehouse has of the people who are to be erased: their ids, records, contacts, rows of files.
-- Grain: erased_id one row per id they ever had; erased_record per version; erased_contact per value of a kind, is_shared
--   where somebody else has it too; erased_row per row of a batch, rejected ones among them; erased_log per lead whose log
--   is theirs too, from one batch up to another.
-- Rules: a rejected row is theirs that became a record of theirs, names one by its key, or holds one of their addresses;
--   a shared address with one of their names only.
-- Reads: erased_lead, lead_alias, record_lead, record, record_contact, batch_row, rejected_row, rejected_sighting,
--   contact_preference, match_decision, lead_event, batch.
-- Writes: erased_id, erased_record, erased_contact, erased_name, erased_row, erased_log. Caller: flows/erase.py.

-- What an undo withdrew, record_lead knows nothing of. If the source said the same person again since, they got another id.
CREATE OR REPLACE TEMP TABLE erased_id AS
SELECT e.lead_id
FROM erased_lead AS e
UNION
SELECT a.alias_id AS lead_id
FROM lead_alias AS a
WHERE a.lead_id IN (SELECT e.lead_id FROM erased_lead AS e)
UNION
SELECT w.lead_id
FROM batch_row AS w
INNER JOIN lead_alias AS a ON a.alias_id = w.lead_id AND a.reason = 'undone'
INNER JOIN record AS r ON r.record_id = w.record_id
INNER JOIN record_lead AS k ON k.feed = r.feed AND k.source_key = r.source_key
WHERE k.lead_id IN (SELECT e.lead_id FROM erased_lead AS e);

CREATE OR REPLACE TEMP TABLE erased_record AS
SELECT
    r.record_id,
    r.source_id,
    r.feed,
    r.source_key,
    r.batch_id,
    r.row_number,
    r.firstName,
    r.lastName
FROM record AS r
WHERE
    r.source_id IN (
        SELECT k.source_id
        FROM record_lead AS k
        WHERE k.lead_id IN (SELECT e.lead_id FROM erased_lead AS e)
    )
    OR (
        r.source_id NOT IN (SELECT k.source_id FROM record_lead AS k)
        AND (
            (r.feed, r.source_key) IN (
                SELECT (k.feed, k.source_key)
                FROM record_lead AS k
                WHERE k.lead_id IN (SELECT e.lead_id FROM erased_lead AS e)
            )
            OR (
                r.record_id IN (
                    SELECT w.record_id
                    FROM batch_row AS w
                    WHERE w.lead_id IN (SELECT i.lead_id FROM erased_id AS i)
                )
                AND (r.feed, r.source_key) NOT IN (SELECT (k.feed, k.source_key) FROM record_lead AS k)
            )
        )
    );

CREATE OR REPLACE TEMP TABLE erased_contact AS
SELECT
    c.kind,
    c.value,
    bool_or(
        EXISTS (
            SELECT 1
            FROM record_contact AS o
            WHERE
                o.kind = c.kind
                AND o.value = c.value
                AND o.record_id NOT IN (SELECT r.record_id FROM erased_record AS r)
        )
    ) AS is_shared
FROM record_contact AS c
WHERE c.record_id IN (SELECT r.record_id FROM erased_record AS r)
GROUP BY c.kind, c.value;

CREATE OR REPLACE TEMP TABLE erased_name AS
SELECT DISTINCT lower(n.name) AS name
FROM (
    SELECT r.firstName AS name
    FROM erased_record AS r
    UNION ALL
    SELECT r.lastName AS name
    FROM erased_record AS r
) AS n
WHERE length(n.name) > 1;

CREATE OR REPLACE TEMP TABLE erased_row AS
WITH RECURSIVE told AS (
    SELECT
        w.batch_id,
        w.row_number
    FROM batch_row AS w
    -- By the record: who was set apart since was told the id, too.
    WHERE w.record_id IN (SELECT r.record_id FROM erased_record AS r)
    UNION
    SELECT
        p.batch_id,
        p.row_number
    FROM contact_preference AS p
    INNER JOIN erased_contact AS c ON c.kind = p.kind AND c.value = p.value
    WHERE p.row_number IS NOT NULL AND NOT c.is_shared
    UNION
    SELECT
        k.batch_id,
        k.row_number
    FROM rejected_row AS k
    WHERE
        (k.feed, k.source_key) IN (SELECT (r.feed, r.source_key) FROM erased_record AS r)
        OR EXISTS (
            SELECT 1
            FROM erased_contact AS c
            WHERE
                (
                    contains(lower(k.raw), lower(c.value))
                    OR (
                        c.kind = 'phone'
                        AND length(regexp_replace(c.value, '[^0-9]', '', 'g')) > 6
                        AND contains(
                            regexp_replace(k.raw, '[^0-9]', '', 'g'),
                            right(regexp_replace(c.value, '[^0-9]', '', 'g'), 9)
                        )
                    )
                )
                AND (
                    NOT c.is_shared
                    OR EXISTS (SELECT 1 FROM erased_name AS n WHERE contains(lower(k.raw), n.name))
                )
        )
),

-- What was rejected and seen again, or replayed, is the same row.
all_told AS (
    FROM told
    UNION
    (
        SELECT
            s.rejected_batch_id AS batch_id,
            s.rejected_row_number AS row_number
        FROM rejected_sighting AS s
        INNER JOIN all_told AS t ON t.batch_id = s.batch_id AND t.row_number = s.row_number
        UNION ALL
        SELECT
            s.batch_id,
            s.row_number
        FROM rejected_sighting AS s
        INNER JOIN all_told AS t ON t.batch_id = s.rejected_batch_id AND t.row_number = s.rejected_row_number
    )
)

SELECT
    t.batch_id,
    t.row_number
FROM all_told AS t;

-- A lead that was one with theirs for a while tells of them in what was logged and kept of it until they were parted.
CREATE OR REPLACE TEMP TABLE erased_log AS
WITH joined AS (
    SELECT
        coalesce(a.lead_id, w.lead_id) AS lead_id,
        w.batch_id
    FROM batch_row AS w
    LEFT JOIN lead_alias AS a ON a.alias_id = w.lead_id
    WHERE w.record_id IN (SELECT r.record_id FROM erased_record AS r)
    UNION ALL
    SELECT
        k.lead_id,
        d.batch_id
    FROM match_decision AS d
    INNER JOIN record AS r ON r.record_id IN (d.record_id, d.other_record_id)
    INNER JOIN record_lead AS k ON k.source_id = r.source_id
    WHERE
        d.decision = 'merged'
        AND (
            d.record_id IN (SELECT e.record_id FROM erased_record AS e)
            OR d.other_record_id IN (SELECT e.record_id FROM erased_record AS e)
        )
),

other AS (
    SELECT
        j.lead_id,
        min(j.batch_id) AS from_batch_id
    FROM joined AS j
    WHERE j.lead_id NOT IN (SELECT i.lead_id FROM erased_id AS i)
    GROUP BY j.lead_id
)

SELECT
    i.lead_id,
    0 AS from_batch_id,
    (SELECT max(b.batch_id) FROM batch AS b) AS until_batch_id
FROM erased_id AS i
UNION ALL
SELECT
    o.lead_id,
    o.from_batch_id,
    coalesce(
        max(v.batch_id) FILTER (WHERE v.event IN ('lead_unmerged', 'lead_reverted', 'lead_moved')),
        (SELECT max(b.batch_id) FROM batch AS b)
    ) AS until_batch_id
FROM other AS o
LEFT JOIN lead_event AS v ON v.lead_id = o.lead_id AND v.batch_id > o.from_batch_id
GROUP BY o.lead_id, o.from_batch_id;
