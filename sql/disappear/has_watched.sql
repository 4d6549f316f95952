-- Purpose: whether there is any lead that may be missing now, or may have returned.
-- Grain: one row. Parameters: none. Reads: watched_lead. Writes: nothing. Caller: flows/steps/disappear.py.

SELECT count(*) > 0 AS has_watched
FROM watched_lead AS w;
