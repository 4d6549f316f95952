-- Purpose: what is concluded of a person today: all fields that say anything.
-- Grain: one row per lead. Parameters: none. Reads: erased_lead, lead. Writes: nothing. Caller: flows/subject.py.

SELECT l.*
FROM lead AS l
SEMI JOIN erased_lead AS e ON e.lead_id = l.id;
