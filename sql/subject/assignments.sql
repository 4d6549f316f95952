-- Purpose: to which team and owner a person was given.
-- Grain: one row per decision. Parameters: none. Reads: erased_id, assignment, batch. Writes: nothing. Caller: flows/subject.py.

SELECT
    b.finished_at AS decided_at,
    a.teamId,
    a.leadSourceId,
    a.assignedTo,
    a.owner_rule
FROM assignment AS a
INNER JOIN batch AS b ON b.batch_id = a.batch_id
WHERE a.lead_id IN (SELECT i.lead_id FROM erased_id AS i)
ORDER BY a.batch_id;
