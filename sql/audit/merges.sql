-- Purpose: who was joined to whom, by which rule or weight, as far as it stands.
-- Grain: one row per pair of source records that a decision joins, the newest first.
-- Parameters: $batch_id BIGINT (NULL for all). Reads: standing_decision, record_lead, record. Writes: nothing.
-- Caller: flows/explain.py.

SELECT
    d.batch_id,
    l.lead_id,
    l.source_id,
    d.other_source_id,
    a.feed,
    b.feed AS other_feed,
    d.rule,
    d.weight,
    d.evidence
FROM standing_decision AS d
INNER JOIN record_lead AS l ON l.source_id = d.source_id
INNER JOIN record AS a ON a.record_id = d.source_id
INNER JOIN record AS b ON b.record_id = d.other_source_id
WHERE d.decision = 'merged' AND ($batch_id IS NULL OR d.batch_id = $batch_id)
ORDER BY d.batch_id DESC, l.lead_id, d.source_id, d.other_source_id;
