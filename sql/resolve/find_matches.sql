-- Purpose: the exact rules: two source records of one account are the same person when they share an e-mail
--   address or a phone number and their first and last names agree (compared without case, accents and
--   punctuation). Placeholders and blanks are never evidence.
-- Grain: match_edge one row per pair of people found and rule (each group of agreeing records is joined to its
--   oldest); match_node one row per person that takes part, with what speaks against joining it.
-- Reads: shared_contact, superseded_contact, staged_lead, staged_version, staged_contact, staged_source, record,
--   record_contact, record_lead, lead, withdrawn_record. Writes: staged_match, match_edge, match_node. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_match AS
WITH carrier AS (
    SELECT
        c.kind,
        c.value,
        v.source_id,
        v.record_id,
        s.accountId,
        s.firstName,
        s.lastName
    FROM shared_contact AS h
    INNER JOIN staged_contact AS c ON c.kind = h.kind AND c.value = h.value
    INNER JOIN staged_version AS v ON v.row_number = c.row_number
    INNER JOIN staged_lead AS s ON s.row_number = c.row_number
    WHERE v.is_new AND NOT s.has_placeholder_name
    UNION ALL
    SELECT
        k.kind,
        k.value,
        k.source_id,
        k.record_id,
        d.accountId,
        r.firstName,
        r.lastName
    FROM shared_contact AS h
    INNER JOIN record_contact AS k ON k.kind = h.kind AND k.value = h.value
    INNER JOIN record AS r ON r.record_id = k.record_id
    -- The account that the lead is in today: a record may have said another one before it moved.
    INNER JOIN record_lead AS l ON l.source_id = k.source_id
    INNER JOIN lead AS d ON d.id = l.lead_id
    LEFT JOIN superseded_contact AS u ON u.record_id = k.record_id AND u.kind = k.kind
    WHERE
        u.record_id IS NULL
        AND NOT r.has_placeholder_name
        AND r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
),

agreeing AS (
    SELECT
        c.*,
        regexp_replace(lower(strip_accents(c.firstName)), '[^\p{L}\p{N}]+', '', 'g') AS first_key,
        regexp_replace(lower(strip_accents(c.lastName)), '[^\p{L}\p{N}]+', '', 'g') AS last_key
    FROM carrier AS c
),

paired AS (
    SELECT
        a.record_id,
        a.source_id,
        first_value(a.record_id) OVER same AS other_record_id,
        first_value(a.source_id) OVER same AS other_source_id,
        a.kind || '_and_names' AS rule
    FROM agreeing AS a
    WHERE a.first_key <> '' AND a.last_key <> ''
    WINDOW same AS (
        PARTITION BY a.accountId, a.kind, a.value, a.first_key, a.last_key
        ORDER BY a.source_id, a.record_id
    )
)

SELECT
    p.other_source_id,
    p.source_id,
    p.rule,
    min(p.other_record_id) AS other_record_id,
    min(p.record_id) AS record_id
FROM paired AS p
WHERE p.source_id <> p.other_source_id
GROUP BY p.other_source_id, p.source_id, p.rule;

-- The pairs again, between people: source records that are already one person drop out.
CREATE OR REPLACE TEMP TABLE match_edge AS
WITH known_source AS (
    SELECT
        l.source_id,
        l.lead_id
    FROM record_lead AS l
    WHERE l.source_id IN (
        SELECT m.source_id FROM staged_match AS m
        UNION
        SELECT m.other_source_id FROM staged_match AS m
    )
)

SELECT
    coalesce(o.node, ok.lead_id) AS other_node,
    coalesce(s.node, sk.lead_id) AS node,
    m.rule,
    m.other_record_id,
    m.record_id
FROM staged_match AS m
LEFT JOIN staged_source AS o ON o.source_id = m.other_source_id
LEFT JOIN known_source AS ok ON ok.source_id = m.other_source_id
LEFT JOIN staged_source AS s ON s.source_id = m.source_id
LEFT JOIN known_source AS sk ON sk.source_id = m.source_id
WHERE coalesce(o.node, ok.lead_id) <> coalesce(s.node, sk.lead_id);

CREATE OR REPLACE TEMP TABLE match_node AS
WITH node AS (
    SELECT e.node FROM match_edge AS e
    UNION
    SELECT e.other_node FROM match_edge AS e
),

trait AS (
    SELECT
        s.node,
        s.crm_id,
        s.application_id
    FROM staged_source AS s
    WHERE s.node IN (SELECT n.node FROM node AS n)
    UNION ALL
    SELECT
        l.id AS node,
        -- A CRM record without an id makes a CRM lead whose id is ours to give up.
        CASE WHEN l.id IN (SELECT r.id FROM record AS r) THEN l.id END AS crm_id,
        l.applicationId AS application_id
    FROM lead AS l
    WHERE l.id IN (SELECT n.node FROM node AS n)
)

SELECT
    t.node,
    max(t.crm_id) AS crm_id,
    list_sort(list(DISTINCT t.application_id) FILTER (WHERE t.application_id IS NOT NULL)) AS application_ids
FROM trait AS t
GROUP BY t.node;
