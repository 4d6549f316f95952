-- Purpose: whether any row of the batch says how somebody may be contacted.
-- Grain: one row. Reads: staged_preference. Writes: nothing. Caller: flows/steps/preferences.py.

SELECT count(*) > 0 AS is_staged
FROM staged_preference;
