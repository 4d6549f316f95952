-- Purpose: make one person of the records that the CRM merged, and of whoever was recognised as either.
-- Grain: match_cluster one row per person that takes part in a match or a merge.
-- Reads: crm_merge, match_cluster. Writes: match_cluster. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE match_cluster AS
WITH merged AS (
    SELECT
        m.given_up_node,
        m.master_node,
        coalesce(g.person, m.given_up_node) AS given_up_person,
        coalesce(k.person, m.master_node) AS person
    FROM crm_merge AS m
    LEFT JOIN match_cluster AS g ON g.node = m.given_up_node
    LEFT JOIN match_cluster AS k ON k.node = m.master_node
)

SELECT
    c.node,
    coalesce(g.person, c.person) AS person
FROM match_cluster AS c
LEFT JOIN (SELECT DISTINCT m.given_up_person, m.person FROM merged AS m) AS g ON g.given_up_person = c.person
UNION
SELECT
    m.given_up_node AS node,
    m.person
FROM merged AS m
UNION
SELECT
    m.master_node AS node,
    m.person
FROM merged AS m;
