-- Purpose: the feeds whose leads are decided on anew.
-- Grain: one row per feed, the one of the oldest record first. Parameters: none. Reads: unassigned_lead. Writes: nothing.
-- Caller: flows/undo.py.

SELECT u.feed
FROM unassigned_lead AS u
GROUP BY u.feed
ORDER BY min(u.record_id);
