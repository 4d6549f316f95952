-- Purpose: what sources said of a lead: every version of its source records, and whether it stands.
-- Grain: one row per version, the oldest first. Parameters: $lead_id BIGINT.
-- Reads: record_lead, record, standing_record. Writes: nothing. Caller: flows/explain.py.

SELECT
    r.record_id,
    r.source_id,
    r.feed,
    r.source_key,
    coalesce(s.batch_id, r.batch_id) AS batch_id,
    coalesce(s.row_number, r.row_number) AS row_number,
    coalesce(r.source_updated_at, s.as_of, r.as_of) AS as_of,
    r.firstName,
    r.lastName,
    r.company,
    r.email,
    r.phone,
    l.born_id,
    s.record_id IS NOT NULL AS is_standing
FROM record_lead AS l
INNER JOIN record AS r ON r.source_id = l.source_id
LEFT JOIN standing_record AS s ON s.record_id = r.record_id
WHERE l.lead_id = $lead_id
ORDER BY r.record_id;
