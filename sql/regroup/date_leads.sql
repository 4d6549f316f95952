-- Purpose: who is regrouped is as old as the newest word of a source on them: updatedAt and last_batch_id are those of the
--   file that last changed the lead as it is now.
-- Grain: one row per touched lead. Reads: last_changes, touched_lead, concluded. Writes: lead. Caller: flows/regroup.py.

UPDATE lead
SET
    updatedAt = coalesce(c.updatedAt, h.as_of),
    last_batch_id = h.batch_id
FROM last_changes('touched_lead') AS h
INNER JOIN concluded AS c ON c.id = h.lead_id
WHERE lead.id = h.lead_id;
