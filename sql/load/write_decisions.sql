-- Purpose: record who was recognised as whom in this batch, and by which rule.
-- Grain: one row per pair of records and rule; for the CRM's id one row per record that brought the id of a lead,
--   for its merges one per record given up.
-- Reads: this_batch, match_edge, match_refusal, weighed_decision, staged_source, staged_version, crm_merge,
--   record. Writes: match_decision.
-- Caller: flows/steps/load.py.

INSERT INTO match_decision
SELECT
    e.record_id,
    e.other_record_id,
    CASE WHEN e.node > 0 THEN e.node END AS lead_id,
    CASE WHEN e.other_node > 0 THEN e.other_node END AS other_lead_id,
    CASE WHEN f.reason IS NULL THEN 'merged' ELSE 'review' END AS decision,
    e.rule,
    NULL AS weight,
    json_object('rule', e.rule, 'against', f.reason) AS evidence,
    b.batch_id
FROM match_edge AS e
LEFT JOIN match_refusal AS f ON f.node = e.node AND f.other_node = e.other_node AND f.rule = e.rule
CROSS JOIN this_batch AS b
WHERE
    -- Somebody decided that they are two: that is not open again.
    f.reason IS DISTINCT FROM 'set_apart'
    AND (e.node > 0 OR e.node IN (SELECT s.node FROM staged_source AS s))
    AND (e.other_node > 0 OR e.other_node IN (SELECT s.node FROM staged_source AS s))
ORDER BY e.record_id, e.other_record_id, e.rule;

INSERT INTO match_decision
SELECT
    w.source_id AS record_id,
    w.other_source_id AS other_record_id,
    CASE WHEN w.node > 0 THEN w.node END AS lead_id,
    CASE WHEN w.other_node > 0 THEN w.other_node END AS other_lead_id,
    w.decision,
    'weighed' AS rule,
    w.weight,
    CASE
        WHEN w.reason IS NULL THEN w.evidence
        ELSE json_merge_patch(w.evidence, json_object('against', w.reason))
    END AS evidence,
    b.batch_id
FROM weighed_decision AS w
CROSS JOIN this_batch AS b
WHERE
    (w.node > 0 OR w.node IN (SELECT s.node FROM staged_source AS s))
    AND (w.other_node > 0 OR w.other_node IN (SELECT s.node FROM staged_source AS s))
ORDER BY w.source_id, w.other_source_id;

INSERT INTO match_decision
SELECT
    min(v.record_id) AS record_id,
    NULL AS other_record_id,
    NULL AS lead_id,
    s.node AS other_lead_id,
    'merged' AS decision,
    'crm_id' AS rule,
    NULL AS weight,
    json_object('rule', 'crm_id') AS evidence,
    b.batch_id
FROM staged_source AS s
INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
CROSS JOIN this_batch AS b
WHERE s.known_lead_id IS NULL AND s.crm_id IS NOT NULL AND s.node > 0
GROUP BY s.source_id, s.node, b.batch_id
ORDER BY record_id;

INSERT INTO match_decision
WITH first_record AS (
    SELECT
        r.id,
        min(r.record_id) AS record_id
    FROM record AS r
    WHERE r.id IN (SELECT m.given_up_id FROM crm_merge AS m UNION SELECT m.master_id FROM crm_merge AS m)
    GROUP BY r.id
)

SELECT
    g.record_id,
    k.record_id AS other_record_id,
    m.given_up_id AS lead_id,
    m.master_id AS other_lead_id,
    'merged' AS decision,
    'crm_merge' AS rule,
    NULL AS weight,
    json_object('rule', 'crm_merge') AS evidence,
    b.batch_id
FROM crm_merge AS m
INNER JOIN first_record AS g ON g.id = m.given_up_id
INNER JOIN first_record AS k ON k.id = m.master_id
CROSS JOIN this_batch AS b
ORDER BY m.given_up_id;
