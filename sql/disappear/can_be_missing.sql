-- Purpose: whether any feed ever exported all its leads twice, since before that nobody can be missing.
-- Grain: one row. Parameters: none. Reads: batch_listing. Writes: nothing. Caller: flows/steps/disappear.py.

SELECT EXISTS (
    SELECT 1
    FROM batch_listing AS l
    WHERE l.extent = 'full' AND l.is_closing
    GROUP BY l.feed
    HAVING count(DISTINCT l.listed_at) > 1
) AS can_be_missing;
