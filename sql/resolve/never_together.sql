-- Purpose: people that somebody set apart for good, and who must not be joined again by any evidence.
-- Grain: one row per pair of people. Parameters: none.
-- Reads: standing_decision, staged_source, record_lead. Writes: nothing. Caller: flows/steps/resolve.py.

WITH whose AS (
    SELECT
        l.source_id,
        l.lead_id AS node
    FROM record_lead AS l
    UNION
    SELECT
        s.source_id,
        s.node
    FROM staged_source AS s
)

SELECT DISTINCT
    a.node,
    b.node AS other_node
FROM standing_decision AS d
INNER JOIN whose AS a ON a.source_id = d.source_id
INNER JOIN whose AS b ON b.source_id = d.other_source_id
WHERE d.decision = 'never' AND a.node <> b.node
ORDER BY a.node, b.node;
