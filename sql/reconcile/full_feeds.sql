-- Purpose: the feeds whose exports list all leads, with their newest whole export that stands.
-- Grain: one row per feed, by name. Parameters: none. Reads: standing_listing. Writes: nothing.
-- Caller: flows/reconcile.py.

SELECT
    s.feed,
    max(s.listed_at) AS listed_at,
    arg_max(s.batch_id, (s.listed_at, s.batch_id)) AS batch_id
FROM standing_listing AS s
WHERE s.extent = 'full' AND s.is_closing
GROUP BY s.feed
ORDER BY s.feed;
