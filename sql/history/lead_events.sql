-- Purpose: the log of a lead under all its ids.
-- Grain: one row per event, the oldest first; what was told without a time stands where it was read.
-- Parameters: $lead_ids BIGINT[]. Reads: lead_event, batch. Writes: nothing. Caller: flows/history.py.

SELECT
    v.created,
    v.event,
    v.user,
    v.batch_id,
    v.lead_id,
    v.id AS event_id,
    v.data
FROM lead_event AS v
INNER JOIN batch AS b ON b.batch_id = v.batch_id
WHERE v.lead_id IN (SELECT unnest($lead_ids::BIGINT[]))
ORDER BY coalesce(v.created, b.started_at), v.batch_id, v.id;
