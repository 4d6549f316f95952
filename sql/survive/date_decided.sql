-- Purpose: date the leads that a batch without a file changed: they are as old as the newest word of a source on them,
--   and last changed by that batch.
-- Grain: one row per touched lead. Reads: last_changes, touched_lead, concluded. Writes: lead.
-- Caller: flows/steps/survive.py.

UPDATE lead
SET
    updatedAt = coalesce(c.updatedAt, h.as_of),
    last_batch_id = h.batch_id
FROM last_changes('touched_lead') AS h
INNER JOIN concluded AS c ON c.id = h.lead_id
WHERE lead.id = h.lead_id;
