-- Purpose: what the matching of a sweep decided: exact matches that no rule forbids, weighed ones, and what is open.
-- Grain: one row per pair of source records. Parameters: none.
-- Reads: match_edge, match_refusal, weighed_decision, record. Writes: nothing. Caller: flows/regroup.py.

SELECT
    a.source_id,
    b.source_id AS other_source_id,
    CASE WHEN f.reason IS NULL THEN 'merged' ELSE 'review' END AS decision,
    e.rule,
    NULL::DOUBLE AS weight,
    json_object('rule', e.rule, 'against', f.reason)::VARCHAR AS evidence
FROM match_edge AS e
INNER JOIN record AS a ON a.record_id = e.record_id
INNER JOIN record AS b ON b.record_id = e.other_record_id
LEFT JOIN match_refusal AS f ON f.node = e.node AND f.other_node = e.other_node AND f.rule = e.rule
WHERE f.reason IS DISTINCT FROM 'set_apart'
UNION ALL
SELECT
    a.source_id,
    b.source_id AS other_source_id,
    w.decision,
    'weighed' AS rule,
    w.weight,
    CASE
        WHEN w.reason IS NULL THEN w.evidence::VARCHAR
        ELSE json_merge_patch(w.evidence, json_object('against', w.reason))::VARCHAR
    END AS evidence
FROM weighed_decision AS w
INNER JOIN record AS a ON a.record_id = w.source_id
INNER JOIN record AS b ON b.record_id = w.other_source_id
ORDER BY decision, source_id, other_source_id, rule;
