-- Purpose: refuse CRM rows whose id belongs to a lead of another account. There is one CRM id space (design 5.2).
--   A feed may move its own lead to another account, as long as nothing of the old account has joined it.
-- Grain: one row per refused record; raw is filled in afterwards from the archived file.
-- Reads: this_batch, staged_lead, lead, lead_alias, record_lead. Writes: staged_rejected.
-- Caller: flows/steps/resolve.py.

INSERT INTO staged_rejected
SELECT
    s.row_number,
    s.line_number,
    s.source_key,
    NULL AS raw,
    [
        {
            'column': 'id',
            'code': 'id_conflict',
            'message': 'the id belongs to a lead of another account; correct accountId or the id in the CRM'
        }
    ] AS reasons
FROM staged_lead AS s
CROSS JOIN this_batch AS b
LEFT JOIN lead_alias AS a ON a.alias_id = s.id
INNER JOIN lead AS l ON l.id = coalesce(a.lead_id, s.id)
WHERE
    b.origin = 'crm'
    AND l.accountId <> s.accountId
    AND EXISTS (
        SELECT 1
        FROM record_lead AS k
        WHERE k.lead_id = l.id AND NOT (k.feed = b.feed AND k.source_key = s.source_key)
    );
