-- Purpose: give new people the lead ids that they had. Others than were given out in this batch are not given.
-- Grain: one row per new person. Reads: told_row, told_mark, parted_source. Writes: staged_person. Caller: flows/retold.py.

UPDATE staged_person
SET lead_id = t.lead_id
FROM told_row AS t
WHERE
    staged_person.lead_id IS NULL
    AND t.row_number = staged_person.first_row_number
    AND t.outcome = 'inserted'
    AND t.lead_id > (SELECT m.value FROM told_mark AS m WHERE m.name = 'lead_id')
    AND staged_person.person NOT IN (SELECT s.person FROM parted_source AS s);
