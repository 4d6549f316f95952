-- Purpose: which pairs batches decided on, and how.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: match_decision. Writes: nothing. Caller: flows/chain.py.

SELECT
    d.batch_id,
    coalesce(d.record_id, d.lead_id, 0) AS key,
    d.record_id,
    d.other_record_id,
    d.lead_id,
    d.other_lead_id,
    d.decision,
    d.rule,
    d.weight,
    d.evidence::VARCHAR AS evidence
FROM match_decision AS d
WHERE d.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY
    d.batch_id,
    coalesce(d.record_id, d.lead_id, 0),
    d.other_record_id,
    d.lead_id,
    d.other_lead_id,
    d.decision,
    d.rule;
