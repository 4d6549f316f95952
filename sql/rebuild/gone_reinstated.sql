-- Purpose: which ids of erased people a batch told as the first again.
-- Grain: one row per batch and id. Parameters: none. Reads: reinstated_lead, lead_alias. Writes: nothing. Caller: flows/retold.py.

SELECT r.*
FROM reinstated_lead AS r
WHERE r.lead_id IN (SELECT a.alias_id FROM lead_alias AS a WHERE a.reason = 'erased')
ORDER BY r.batch_id, r.lead_id;
