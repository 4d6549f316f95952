-- Purpose: give new people their lead ids, in the order of their first rows, from the stored high-water mark up,
--   passing over ids in use; list the leads that give up their id to another; and number the staged rows.
-- Grain: staged_person gains lead_id; renamed_lead one row per id given up.
-- Reads: staged_person, staged_source, staged_version, match_cluster, crm_merge, lead, lead_alias, high_water,
--   parted_source. Writes: staged_person, renamed_lead, staged_lead, parted_from. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_person AS
WITH mark AS (
    SELECT h.value
    FROM high_water AS h
    WHERE h.name = 'lead_id'
),

taken AS (
    SELECT l.id FROM lead AS l WHERE l.id > (SELECT m.value FROM mark AS m)
    UNION
    SELECT a.alias_id FROM lead_alias AS a WHERE a.alias_id > (SELECT m.value FROM mark AS m)
    UNION
    SELECT p.lead_id FROM staged_person AS p WHERE p.lead_id > (SELECT m.value FROM mark AS m)
),

candidate AS (
    SELECT (SELECT m.value FROM mark AS m) + unnest(
        range(
            1,
            1
            + (SELECT count(*) FROM staged_person AS p WHERE p.lead_id IS NULL)
            + (SELECT count(*) FROM taken)
        )
    ) AS id
),

free AS (
    SELECT
        c.id,
        row_number() OVER (ORDER BY c.id) AS place
    FROM candidate AS c
    WHERE c.id NOT IN (SELECT t.id FROM taken AS t)
),

newcomer AS (
    SELECT
        p.person,
        row_number() OVER (ORDER BY p.first_row_number) AS place
    FROM staged_person AS p
    WHERE p.lead_id IS NULL
)

SELECT
    p.person,
    p.first_row_number,
    coalesce(p.lead_id, f.id) AS lead_id,
    p.previous_lead_id
FROM staged_person AS p
LEFT JOIN newcomer AS n ON n.person = p.person
LEFT JOIN free AS f ON f.place = n.place;

CREATE OR REPLACE TEMP TABLE renamed_lead AS
WITH existing AS (
    SELECT s.person, s.node AS id FROM staged_source AS s WHERE s.node > 0
    UNION
    SELECT c.person, c.node AS id FROM match_cluster AS c WHERE c.node > 0
)

SELECT
    e.id AS alias_id,
    p.lead_id,
    CASE
        WHEN e.id IN (SELECT m.given_up_id FROM crm_merge AS m) THEN 'crm_merge'
        WHEN e.id = p.previous_lead_id THEN 'crm_id'
        ELSE 'merged'
    END AS reason
FROM existing AS e
INNER JOIN staged_person AS p ON p.person = e.person
INNER JOIN lead AS l ON l.id = e.id
WHERE e.id <> p.lead_id
UNION ALL
-- What the CRM merged before it ever came here never was a lead.
SELECT
    m.given_up_id AS alias_id,
    p.lead_id,
    'crm_merge' AS reason
FROM crm_merge AS m
INNER JOIN match_cluster AS c ON c.node = m.master_node
INNER JOIN staged_person AS p ON p.person = c.person
WHERE m.given_up_id NOT IN (SELECT l.id FROM lead AS l);

-- Which version of which source record a row is goes beside the wide row itself (load/write_records.sql): a table
-- that is copied as it stands is written and compressed on all cores, behind a join on one.
UPDATE staged_lead
SET
    is_new = v.is_new,
    record_id = v.record_id,
    source_id = v.source_id
FROM staged_version AS v
WHERE v.row_number = staged_lead.row_number;

INSERT INTO parted_from
SELECT DISTINCT
    p.lead_id,
    s.previous_id
FROM parted_source AS s
INNER JOIN staged_person AS p ON p.person = s.person;
