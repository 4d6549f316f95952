-- Purpose: take again what the undone batch decided on records that stand without it, since other batches bring them too:
--   those would have decided the same. What the CRM merged is not for us to decide.
-- Grain: one row per pair of records and rule. Reads: undone_batch, this_batch, match_decision, withdrawn_record.
-- Writes: match_decision. Caller: flows/undo.py.

INSERT INTO match_decision
SELECT
    d.record_id,
    d.other_record_id,
    d.lead_id,
    d.other_lead_id,
    d.decision,
    d.rule,
    d.weight,
    d.evidence,
    b.batch_id
FROM match_decision AS d
INNER JOIN undone_batch AS u ON u.batch_id = d.batch_id AND u.has_rows
CROSS JOIN this_batch AS b
WHERE
    d.rule <> 'crm_merge'
    AND d.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
    AND coalesce(d.other_record_id, d.record_id) NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
ORDER BY d.record_id, d.other_record_id, d.rule;
