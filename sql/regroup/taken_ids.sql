-- Purpose: the last lead id that was given out, and the ids above it that are in use already.
-- Grain: one row per id, the mark first. Parameters: none. Reads: lead, lead_alias, high_water. Writes: nothing.
-- Caller: flows/regroup.py.

WITH mark AS (
    SELECT h.value AS id
    FROM high_water AS h
    WHERE h.name = 'lead_id'
)

SELECT m.id FROM mark AS m
UNION
SELECT l.id FROM lead AS l WHERE l.id > (SELECT m.id FROM mark AS m)
UNION
SELECT a.alias_id AS id FROM lead_alias AS a WHERE a.alias_id > (SELECT m.id FROM mark AS m)
ORDER BY id;
