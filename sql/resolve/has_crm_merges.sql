-- Purpose: whether any row of the batch tells of records that the CRM merged.
-- Grain: one row. Parameters: none. Reads: staged_crm_merge. Writes: nothing. Caller: flows/steps/resolve.py.

SELECT count(*) > 0 AS has_crm_merges
FROM staged_crm_merge AS m;
