-- Purpose: put the source records with something new together with the leads they belong to: one person per
--   cluster of matches, else one per lead or per source record seen for the first time.
-- Grain: staged_source gains person; staged_person one row per person. lead_id is still NULL for people who are
--   new: they are numbered when it is known that a lead can be made of them.
-- Reads: staged_source, match_cluster, crm_merge, lead, record. Writes: staged_source, staged_person.
-- Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_source AS
SELECT
    s.source_id,
    s.source_key,
    s.known_lead_id,
    s.first_row_number,
    s.account_id,
    s.application_id,
    s.crm_id,
    s.node,
    coalesce(c.person, s.node) AS person
FROM staged_source AS s
LEFT JOIN match_cluster AS c ON c.node = s.node;

CREATE OR REPLACE TEMP TABLE staged_person AS
WITH member AS (
    SELECT
        s.person,
        s.first_row_number,
        s.crm_id,
        CASE WHEN s.node > 0 THEN s.node END AS existing_id
    FROM staged_source AS s
    UNION ALL
    SELECT
        c.person,
        NULL AS first_row_number,
        NULL AS crm_id,
        c.node AS existing_id
    FROM match_cluster AS c
    WHERE c.node > 0
    UNION ALL
    -- Merged in the CRM: a word on who is whom, though neither record may say anything new.
    SELECT
        coalesce(c.person, m.master_node) AS person,
        m.row_number AS first_row_number,
        m.master_id AS crm_id,
        NULL AS existing_id
    FROM crm_merge AS m
    LEFT JOIN match_cluster AS c ON c.node = m.master_node
),

-- Leads whose id the CRM gave: a CRM record without an id makes a lead too, but that id was given here.
crm_lead AS (
    SELECT DISTINCT r.id
    FROM record AS r
    WHERE r.id IN (SELECT m.existing_id FROM member AS m)
)

SELECT
    m.person,
    min(m.first_row_number) AS first_row_number,
    coalesce(max(m.crm_id), max(k.id), min(m.existing_id)) AS lead_id,
    coalesce(
        max(k.id) FILTER (WHERE k.id NOT IN (SELECT g.given_up_id FROM crm_merge AS g)), max(k.id), min(l.id)
    ) AS previous_lead_id
FROM member AS m
LEFT JOIN lead AS l ON l.id = m.existing_id
LEFT JOIN crm_lead AS k ON k.id = m.existing_id
GROUP BY m.person
HAVING min(m.first_row_number) IS NOT NULL;
