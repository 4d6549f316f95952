-- Purpose: the CRM rows whose id belongs to a lead of another account: a move, or a conflict.
-- Grain: one row per such row.
-- Reads: this_batch, staged_lead, lead, lead_alias. Writes: foreign_row. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE foreign_row AS
SELECT
    s.row_number,
    s.line_number,
    s.source_key,
    l.id AS lead_id
FROM staged_lead AS s
CROSS JOIN this_batch AS b
LEFT JOIN lead_alias AS a ON a.alias_id = s.id
INNER JOIN lead AS l ON l.id = coalesce(a.lead_id, s.id)
WHERE b.origin = 'crm' AND l.accountId <> s.accountId;
