-- Purpose: what was decided of a lead's source records, among each other and against those of other leads.
-- Grain: one row per pair of source records, the newest decision first. Parameters: $lead_id BIGINT.
-- Reads: standing_decision, record_lead. Writes: nothing. Caller: flows/explain.py.

SELECT
    d.decision,
    d.rule,
    d.weight,
    d.evidence,
    d.batch_id,
    d.source_id,
    a.lead_id,
    d.other_source_id,
    b.lead_id AS other_lead_id
FROM standing_decision AS d
INNER JOIN record_lead AS a ON a.source_id = d.source_id
INNER JOIN record_lead AS b ON b.source_id = d.other_source_id
WHERE a.lead_id = $lead_id OR b.lead_id = $lead_id
ORDER BY d.batch_id, d.source_id, d.other_source_id;
