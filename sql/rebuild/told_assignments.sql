-- Purpose: what a batch decided on team, source and owner of leads.
-- Grain: one row per decision. Parameters: $batch_id BIGINT. Reads: lead_assignment. Writes: nothing. Caller: flows/retold.py.

SELECT a.*
FROM lead_assignment AS a
WHERE a.batch_id = $batch_id;
