-- Purpose: when a feed last exported all its leads, as far as that stands.
-- Grain: one row, with NULL where it never did. Parameters: $feed VARCHAR. Reads: standing_listing. Writes: nothing.
-- Caller: flows/steps/disappear.py.

SELECT max(s.listed_at) AS listed_at
FROM standing_listing AS s
WHERE s.feed = $feed AND s.extent = 'full';
