-- Purpose: what a file lists that is staged and not loaded, rejected rows with their reasons.
-- Grain: one row per record read. Reads: staged_lead, staged_rejected. Writes: listed_row. Caller: flows/reconcile.py.

CREATE OR REPLACE TEMP TABLE listed_row AS
SELECT
    s.source_key,
    s.row_number,
    NULL::VARCHAR AS reason
FROM staged_lead AS s
UNION ALL
SELECT
    r.source_key,
    r.row_number,
    array_to_string(list_distinct(list_transform(r.reasons, lambda reason: reason.code)), ', ') AS reason
FROM staged_rejected AS r;
