-- Purpose: date the concluded leads by what last changed them (last_changes), where no batch is at work on them that
--   dates them itself. first_batch_id needs no dating: it follows from the records, and so does the CRM's updatedAt.
-- Grain: one row per touched lead. Reads: touched_lead, last_changes. Writes: concluded.
-- Caller: flows/steps/survive.py.

UPDATE concluded
SET
    previous_updated_at = h.as_of,
    previous_batch_id = h.batch_id
FROM last_changes('touched_lead') AS h
WHERE h.lead_id = concluded.id;
