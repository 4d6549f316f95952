-- Purpose: give new people the lead ids that they had. Who was somebody known then and is not now gets the next, as any other.
-- Grain: one row per new person. Reads: told_row, parted_source, lead, lead_alias. Writes: staged_person. Caller: flows/retold.py.

UPDATE staged_person
SET lead_id = t.lead_id
FROM told_row AS t
WHERE
    staged_person.lead_id IS NULL
    AND t.row_number = staged_person.first_row_number
    AND t.outcome = 'inserted'
    AND t.lead_id NOT IN (SELECT l.id FROM lead AS l)
    AND t.lead_id NOT IN (SELECT a.alias_id FROM lead_alias AS a)
    AND staged_person.person NOT IN (SELECT s.person FROM parted_source AS s);
