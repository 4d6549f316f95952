-- Purpose: where each field of a lead comes from (lead_provenance).
-- Grain: one row per field, in the order of the specification; of joined notes one per record that has a part in them.
-- Parameters: $lead_id BIGINT. Reads: lead_provenance. Writes: nothing. Caller: flows/steps/survive.py.

SELECT
    p.field,
    p.value,
    p.feed,
    p.batch_id,
    p.row_number,
    p.record_id,
    p.as_of,
    p.rule
FROM lead_provenance($lead_id) AS p
ORDER BY p.position, p.as_of, p.record_id;
