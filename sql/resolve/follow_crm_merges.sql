-- Purpose: what the CRM's merges mean here: each given-up id that is a lead or comes with this batch, and the record that
--   survived in the end, if that is known too and of the same account. The given-up record counts as one of the survivor's.
-- Grain: crm_merge one row per id given up.
-- Reads: staged_crm_merge, staged_source, lead, lead_alias. Writes: crm_merge, staged_source, staged_issue.
-- Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE crm_merge AS
WITH RECURSIVE told AS (
    -- Of two survivors of one record the row below knows better; one that gave its id up since is who it became.
    SELECT
        m.given_up_id,
        arg_max(coalesce(a.lead_id, m.master_id), m.row_number) AS master_id,
        max(m.row_number) AS row_number
    FROM staged_crm_merge AS m
    LEFT JOIN lead_alias AS a ON a.alias_id = m.master_id
    GROUP BY m.given_up_id
),

followed AS (
    SELECT
        t.given_up_id,
        t.master_id,
        t.row_number,
        1 AS step
    FROM told AS t
    UNION ALL
    SELECT
        f.given_up_id,
        t.master_id,
        f.row_number,
        f.step + 1 AS step
    FROM followed AS f
    INNER JOIN told AS t ON t.given_up_id = f.master_id
    WHERE f.step < 20
),

-- Records that were merged in a circle survive nowhere.
last_survivor AS (
    SELECT
        f.given_up_id,
        arg_max(f.master_id, f.step) AS master_id,
        any_value(f.row_number) AS row_number
    FROM followed AS f
    GROUP BY f.given_up_id
    HAVING arg_max(f.master_id, f.step) NOT IN (SELECT t.given_up_id FROM told AS t)
),

known AS (
    SELECT
        s.crm_id,
        any_value(s.node) AS node,
        any_value(s.account_id) AS account_id
    FROM staged_source AS s
    WHERE s.crm_id IS NOT NULL
    GROUP BY s.crm_id
),

standing AS (
    SELECT
        l.id AS crm_id,
        l.id AS node,
        l.accountId AS account_id
    FROM lead AS l
    WHERE
        l.id IN (SELECT s.given_up_id FROM last_survivor AS s UNION SELECT s.master_id FROM last_survivor AS s)
),

whose AS (
    SELECT
        coalesce(k.crm_id, d.crm_id) AS crm_id,
        coalesce(d.node, k.node) AS node,
        coalesce(k.account_id, d.account_id) AS account_id
    FROM known AS k
    FULL JOIN standing AS d ON d.crm_id = k.crm_id
)

SELECT
    s.given_up_id,
    s.master_id,
    s.row_number,
    g.node AS given_up_node,
    m.node AS master_node,
    coalesce(m.account_id = g.account_id, FALSE) AS is_joined
FROM last_survivor AS s
INNER JOIN whose AS g ON g.crm_id = s.given_up_id
LEFT JOIN whose AS m ON m.crm_id = s.master_id;

INSERT INTO staged_issue
SELECT
    m.row_number,
    'merged_into' AS column_name,
    CASE WHEN m.master_node IS NULL THEN 'master_unknown' ELSE 'master_in_other_account' END AS code,
    m.master_id::VARCHAR AS raw
FROM crm_merge AS m
WHERE NOT m.is_joined
ORDER BY m.row_number;

DELETE FROM crm_merge
WHERE NOT is_joined;

UPDATE staged_source
SET crm_id = m.master_id
FROM crm_merge AS m
WHERE m.given_up_id = staged_source.crm_id;
