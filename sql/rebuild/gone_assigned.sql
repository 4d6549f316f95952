-- Purpose: which leads of erased people an undo decided on anew, so that it is known which of their turns stand.
-- Grain: one row per undo and lead. Parameters: none. Reads: assigned_anew, lead_alias. Writes: nothing. Caller: flows/retold.py.

SELECT n.*
FROM assigned_anew AS n
WHERE n.lead_id IN (SELECT a.alias_id FROM lead_alias AS a WHERE a.reason = 'erased')
ORDER BY n.batch_id, n.lead_id;
