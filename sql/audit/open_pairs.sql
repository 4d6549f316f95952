-- Purpose: pairs of leads that may be one person and wait for somebody to decide: the best pair of each two leads,
--   unless others of their records were set apart.
-- Grain: one row per pair of leads, the likeliest first. Parameters: none.
-- Reads: standing_decision, record_lead, lead. Writes: nothing. Caller: flows/explain.py.

WITH known AS (
    SELECT
        d.*,
        least(a.lead_id, b.lead_id) AS lead_id,
        greatest(a.lead_id, b.lead_id) AS other_lead_id
    FROM standing_decision AS d
    INNER JOIN record_lead AS a ON a.source_id = d.source_id
    INNER JOIN record_lead AS b ON b.source_id = d.other_source_id
    WHERE d.decision IN ('review', 'never') AND a.lead_id <> b.lead_id
),

best AS (
    SELECT k.*
    FROM known AS k
    WHERE k.decision = 'review' AND (k.lead_id, k.other_lead_id) NOT IN (
        SELECT
            n.lead_id,
            n.other_lead_id
        FROM known AS n
        WHERE n.decision = 'never'
    )
    QUALIFY row_number() OVER (
        PARTITION BY k.lead_id, k.other_lead_id
        ORDER BY k.weight DESC NULLS FIRST, k.source_id, k.other_source_id
    ) = 1
)

SELECT
    b.source_id || '-' || b.other_source_id AS pair,
    b.lead_id,
    b.other_lead_id,
    l.firstName || ' ' || l.lastName AS name,
    o.firstName || ' ' || o.lastName AS other_name,
    l.email,
    o.email AS other_email,
    l.phone,
    o.phone AS other_phone,
    l.company,
    o.company AS other_company,
    b.rule,
    b.weight,
    b.evidence ->> 'against' AS against,
    b.evidence,
    b.batch_id
FROM best AS b
INNER JOIN lead AS l ON l.id = b.lead_id
INNER JOIN lead AS o ON o.id = b.other_lead_id
ORDER BY b.weight DESC NULLS FIRST, b.lead_id, b.other_lead_id;
