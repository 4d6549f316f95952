-- Purpose: put the new groups in place: whose each source record is, which ids are given up and which live again; and
--   stage the people that are concluded anew.
-- Grain: staged_person one row per touched person; renamed_lead one per lead that is none any more.
-- Reads: grouped_source, lead, record_lead, lead_alias.
-- Writes: record_lead, lead_alias, staged_person, renamed_lead. Caller: flows/regroup.py.

CREATE OR REPLACE TEMP TABLE renamed_lead AS
WITH heir AS (
    -- A lead that is none any more became the person of its oldest record.
    SELECT
        l.lead_id AS alias_id,
        arg_min(g.lead_id, g.source_id) AS lead_id
    FROM record_lead AS l
    INNER JOIN grouped_source AS g ON g.source_id = l.source_id
    WHERE l.lead_id NOT IN (SELECT h.lead_id FROM grouped_source AS h)
    GROUP BY l.lead_id
)

SELECT
    h.alias_id,
    h.lead_id,
    'merged' AS reason
FROM heir AS h
INNER JOIN lead AS l ON l.id = h.alias_id;

CREATE OR REPLACE TEMP TABLE staged_person AS
WITH person AS (
    SELECT
        g.lead_id,
        min(g.source_id) AS person
    FROM grouped_source AS g
    GROUP BY g.lead_id
)

SELECT
    p.person,
    row_number() OVER (ORDER BY p.lead_id) AS first_row_number,
    p.lead_id,
    coalesce(l.id, max(n.alias_id)) AS previous_lead_id
FROM person AS p
LEFT JOIN lead AS l ON l.id = p.lead_id
LEFT JOIN renamed_lead AS n ON n.lead_id = p.lead_id AND l.id IS NULL
GROUP BY p.person, p.lead_id, l.id;

-- The ids that point at a touched lead, and those that its records were born with, point at whose they are now.
CREATE OR REPLACE TEMP TABLE regrouped_alias AS
WITH born AS (
    SELECT
        g.born_id AS alias_id,
        arg_min(g.lead_id, g.source_id) AS lead_id
    FROM grouped_source AS g
    WHERE g.born_id IS NOT NULL
    GROUP BY g.born_id
),

pointing AS (
    SELECT
        a.alias_id,
        coalesce(b.lead_id, n.lead_id, a.lead_id) AS lead_id,
        a.reason
    FROM lead_alias AS a
    LEFT JOIN born AS b ON b.alias_id = a.alias_id
    LEFT JOIN renamed_lead AS n ON n.alias_id = a.lead_id
    WHERE b.alias_id IS NOT NULL OR n.alias_id IS NOT NULL
)

SELECT
    coalesce(p.alias_id, b.alias_id, n.alias_id) AS alias_id,
    coalesce(p.lead_id, b.lead_id, n.lead_id) AS lead_id,
    coalesce(p.reason, 'merged') AS reason
FROM born AS b
FULL JOIN pointing AS p ON p.alias_id = b.alias_id
FULL JOIN renamed_lead AS n ON n.alias_id = coalesce(p.alias_id, b.alias_id);

DELETE FROM lead_alias
WHERE alias_id IN (SELECT r.alias_id FROM regrouped_alias AS r);

INSERT INTO lead_alias
SELECT
    r.alias_id,
    r.lead_id,
    r.reason
FROM regrouped_alias AS r
WHERE
    r.alias_id <> r.lead_id
    AND r.alias_id NOT IN (SELECT g.lead_id FROM grouped_source AS g);

UPDATE record_lead
SET
    lead_id = g.lead_id,
    born_id = g.born_id
FROM grouped_source AS g
WHERE g.source_id = record_lead.source_id;
