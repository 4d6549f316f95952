-- Purpose: the leads of some ids as they were at a moment.
-- Grain: one row per id that was a lead then. Parameters: $moment TIMESTAMPTZ, $lead_ids BIGINT[].
-- Reads: lead_at. Writes: nothing. Caller: flows/history.py.

SELECT l.*
FROM lead_at($moment) AS l
WHERE l.id IN (SELECT unnest($lead_ids::BIGINT[]))
ORDER BY l.id;
