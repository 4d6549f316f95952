-- Purpose: the log of a person's lead, under all ids that it had.
-- Grain: one row per entry, the oldest first. Parameters: none. Reads: erased_id, lead_event. Writes: nothing. Caller: flows/subject.py.

SELECT
    e.created,
    e.event,
    e.user,
    e.data,
    e.requestIpAddress,
    e.requestMethod,
    e.requestPath
FROM lead_event AS e
WHERE e.lead_id IN (SELECT i.lead_id FROM erased_id AS i)
ORDER BY e.created, e.id;
