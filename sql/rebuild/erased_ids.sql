-- Purpose: the ids of erased people: nobody gets them again.
-- Grain: one row per id. Parameters: none. Reads: lead_alias. Writes: nothing. Caller: flows/retold.py.

SELECT
    a.alias_id,
    a.lead_id,
    a.reason
FROM lead_alias AS a
WHERE a.reason = 'erased'
ORDER BY a.alias_id;
