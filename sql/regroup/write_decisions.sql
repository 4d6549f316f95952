-- Purpose: keep the new decisions. What was open and still is, is not said again.
-- Grain: one row per decided pair of source records.
-- Reads: new_decision, standing_decision, record_lead, this_batch. Writes: match_decision. Caller: flows/regroup.py.

INSERT INTO match_decision
SELECT
    n.source_id AS record_id,
    n.other_source_id AS other_record_id,
    a.lead_id,
    b.lead_id AS other_lead_id,
    n.decision,
    n.rule,
    n.weight,
    n.evidence,
    t.batch_id
FROM new_decision AS n
INNER JOIN record_lead AS a ON a.source_id = n.source_id
INNER JOIN record_lead AS b ON b.source_id = n.other_source_id
LEFT JOIN standing_decision AS d
    ON d.source_id = least(n.source_id, n.other_source_id)
    AND d.other_source_id = greatest(n.source_id, n.other_source_id)
CROSS JOIN this_batch AS t
WHERE d.decision IS DISTINCT FROM n.decision
ORDER BY n.source_id, n.other_source_id;
