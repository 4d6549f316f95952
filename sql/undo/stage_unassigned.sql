-- Purpose: the leads of the staged feed that are decided on anew, in the order of their records.
-- Grain: past_lead one row per lead. Reads: unassigned_lead, this_batch. Writes: past_lead. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE past_lead AS
SELECT
    u.lead_id,
    b.batch_id,
    u.record_id,
    u.source_id,
    row_number() OVER (ORDER BY u.record_id) AS row_number
FROM unassigned_lead AS u
INNER JOIN this_batch AS b ON b.feed = u.feed;
