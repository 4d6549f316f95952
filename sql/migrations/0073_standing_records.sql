-- Purpose: what stands of what sources said, and of what was decided on leads. Which records stand is kept, not looked for:
--   it changes by an undo alone, and every batch asks for it, which must not cost more the more rows were ever read.

-- Grain: one row per record version that stands no more: its batch was undone, and no standing batch has a row that says
-- the same.
DROP VIEW withdrawn_record;

CREATE TABLE withdrawn_record (
    record_id BIGINT NOT NULL
);

-- Grain: one row per record version whose batch was undone and that stands by another, which had confirmed it. It is said as
-- of that batch: the earliest by the time of its file.
CREATE TABLE confirmed_record (
    record_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    as_of TIMESTAMPTZ NOT NULL
);

INSERT INTO confirmed_record
SELECT
    r.record_id,
    arg_min(w.batch_id, (s.as_of, w.batch_id, w.row_number)) AS batch_id,
    arg_min(w.row_number, (s.as_of, w.batch_id, w.row_number)) AS row_number,
    min(s.as_of) AS as_of
FROM record AS r
INNER JOIN batch_status AS u ON u.batch_id = r.batch_id AND u.status = 'undone'
INNER JOIN batch_row AS w ON w.record_id = r.record_id
INNER JOIN batch_status AS s ON s.batch_id = w.batch_id AND s.is_standing
GROUP BY r.record_id;

INSERT INTO withdrawn_record
SELECT r.record_id
FROM record AS r
INNER JOIN batch_status AS u ON u.batch_id = r.batch_id AND u.status = 'undone'
ANTI JOIN confirmed_record AS c ON c.record_id = r.record_id;

-- Grain: one row per batch that loaded the contents of an undone one of its feed again. It takes the place of that one in the
-- order of batches, so that all is as before the undo.
CREATE TABLE batch_place (
    batch_id BIGINT NOT NULL,
    place BIGINT NOT NULL
);

-- Grain: one row per id that a lead has, or had, which such a batch told as the first again: what an undo had decided on it in
-- the meantime does not stand.
CREATE TABLE reinstated_lead (
    batch_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL
);

-- Grain: one row per record version that stands, with the batch, its place, the row and the time by which it does.
CREATE VIEW standing_record AS
SELECT
    r.* REPLACE (
        coalesce(c.batch_id, r.batch_id) AS batch_id,
        coalesce(c.row_number, r.row_number) AS row_number,
        coalesce(c.as_of, r.as_of) AS as_of
    ),
    coalesce(p.place, c.batch_id, r.batch_id) AS place
FROM record AS r
LEFT JOIN confirmed_record AS c ON c.record_id = r.record_id
LEFT JOIN batch_place AS p ON p.batch_id = coalesce(c.batch_id, r.batch_id)
WHERE r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w);

-- Grain: one row per lead that an undo decided on anew, and the record version that it took for the lead's first.
CREATE TABLE assigned_anew (
    batch_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    record_id BIGINT NOT NULL
);

-- Grain: one row per decision on team, source and owner that stands: its batch was not undone, and if an undo took it, the
-- record that it was taken by still stands and is the lead's first.
CREATE VIEW standing_lead_assignment AS
SELECT a.*
FROM lead_assignment AS a
WHERE
    a.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
    AND (a.batch_id, a.lead_id) NOT IN (
        SELECT (n.batch_id, n.lead_id)
        FROM assigned_anew AS n
        WHERE
            n.record_id IN (SELECT w.record_id FROM withdrawn_record AS w)
            OR EXISTS (
                SELECT 1
                FROM reinstated_lead AS r
                WHERE
                    r.lead_id = n.lead_id
                    AND r.batch_id > n.batch_id
                    AND r.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone')
            )
    );
