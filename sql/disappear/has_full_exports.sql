-- Purpose: whether any feed ever had a whole export of all its leads, since before that nobody can be missing.
-- Grain: one row. Parameters: none. Reads: batch_listing. Writes: nothing. Caller: flows/steps/disappear.py.

SELECT coalesce(bool_or(l.extent = 'full' AND l.is_closing), FALSE) AS has_full_exports
FROM batch_listing AS l;
