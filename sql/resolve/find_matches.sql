-- Purpose: the exact rules: two source records of one account are the same person when they share an e-mail
--   address or a phone number and their first and last names agree (compared without case, accents and
--   punctuation). Placeholders and blanks are never evidence.
-- Grain: staged_match one row per pair of source records and rule (each group of agreeing records is joined to its
--   oldest); match_edge one per pair of people and rule.
-- Reads: shared_contact, superseded_contact, staged_identity, staged_version, staged_contact, staged_source,
--   record_identity, record_contact, record_lead, lead, withdrawn_record. Writes: staged_match, match_edge.
-- Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_match AS
WITH carrier AS (
    SELECT
        c.kind,
        c.value,
        i.source_id,
        i.record_id,
        i.account_id,
        i.first_name,
        i.last_name,
        coalesce(i.company, '') AS company,
        v.source_key
    FROM shared_contact AS h
    INNER JOIN staged_contact AS c ON c.kind = h.kind AND c.value = h.value
    INNER JOIN staged_version AS v ON v.row_number = c.row_number AND v.is_new
    INNER JOIN staged_identity AS i ON i.record_id = v.record_id
    UNION ALL
    SELECT
        k.kind,
        k.value,
        k.source_id,
        k.record_id,
        d.accountId AS account_id,
        i.first_name,
        i.last_name,
        coalesce(i.company, '') AS company,
        l.source_key
    FROM shared_contact AS h
    INNER JOIN record_contact AS k ON k.kind = h.kind AND k.value = h.value
    INNER JOIN record_identity AS i ON i.record_id = k.record_id
    -- The account that the lead is in today: a record may have said another one before it moved.
    INNER JOIN record_lead AS l ON l.source_id = k.source_id
    INNER JOIN lead AS d ON d.id = l.lead_id
    LEFT JOIN superseded_contact AS u ON u.record_id = k.record_id AND u.kind = k.kind
    WHERE
        u.record_id IS NULL
        AND k.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
),

-- Those of one company are joined among each other, and the first of each company to the first of all: where two
-- companies keep people apart, each stays whole. What comes first does not depend on the order of rows.
grouped AS (
    SELECT
        a.record_id,
        a.source_id,
        a.kind || '_and_names' AS rule,
        hash(a.source_key) AS tie,
        hash(first_value(a.source_key) OVER one_company) AS company_tie,
        hash(first_value(a.source_key) OVER same) AS first_tie,
        first_value(a.record_id) OVER one_company AS company_record_id,
        first_value(a.source_id) OVER one_company AS company_source_id,
        first_value(a.record_id) OVER same AS first_record_id,
        first_value(a.source_id) OVER same AS first_source_id
    FROM carrier AS a
    WHERE a.first_name IS NOT NULL AND a.last_name IS NOT NULL
    WINDOW
        same AS (
            PARTITION BY a.account_id, a.kind, a.value, a.first_name, a.last_name
            ORDER BY a.company, a.source_key, a.record_id
        ),
        one_company AS (
            PARTITION BY a.account_id, a.kind, a.value, a.first_name, a.last_name, a.company
            ORDER BY a.source_key, a.record_id
        )
),

paired AS (
    SELECT
        g.record_id,
        g.source_id,
        g.company_record_id AS other_record_id,
        g.company_source_id AS other_source_id,
        g.tie,
        g.company_tie AS other_tie,
        g.rule
    FROM grouped AS g
    UNION ALL
    SELECT
        g.company_record_id AS record_id,
        g.company_source_id AS source_id,
        g.first_record_id AS other_record_id,
        g.first_source_id AS other_source_id,
        g.company_tie AS tie,
        g.first_tie AS other_tie,
        g.rule
    FROM grouped AS g
)

SELECT
    p.other_source_id,
    p.source_id,
    p.rule,
    min(p.other_record_id) AS other_record_id,
    min(p.record_id) AS record_id,
    any_value(p.tie) AS tie,
    any_value(p.other_tie) AS other_tie
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
    m.record_id,
    least(m.tie, m.other_tie) AS low_tie,
    greatest(m.tie, m.other_tie) AS high_tie
FROM staged_match AS m
LEFT JOIN staged_source AS o ON o.source_id = m.other_source_id
LEFT JOIN known_source AS ok ON ok.source_id = m.other_source_id
LEFT JOIN staged_source AS s ON s.source_id = m.source_id
LEFT JOIN known_source AS sk ON sk.source_id = m.source_id
WHERE coalesce(o.node, ok.lead_id) <> coalesce(s.node, sk.lead_id);
