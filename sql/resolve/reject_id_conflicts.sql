-- Purpose: refuse CRM rows whose id belongs to a lead of another account. There is one CRM id space (design 5.2).
--   The feed that told of the lead may move it to another account, unless another record of the CRM is of it.
-- Grain: one row per refused record; raw is filled in afterwards from the archived file.
-- Reads: this_batch, foreign_row, record_lead, record, batch_belief. Writes: staged_rejected.
-- Caller: flows/steps/resolve.py.

INSERT INTO staged_rejected
WITH member AS (
    SELECT
        f.row_number,
        k.feed = b.feed AND k.source_key = f.source_key AS is_own,
        k.source_id IN (
            SELECT r.source_id
            FROM record AS r
            INNER JOIN batch_belief AS i ON i.batch_id = r.batch_id AND i.id = 0
        ) AS is_crm
    FROM foreign_row AS f
    INNER JOIN record_lead AS k ON k.lead_id = f.lead_id
    CROSS JOIN this_batch AS b
)

SELECT
    f.row_number,
    f.line_number,
    f.source_key,
    NULL AS raw,
    [
        {
            'column': 'id',
            'code': 'id_conflict',
            'message': 'the id belongs to a lead of another account; correct accountId or the id in the CRM'
        }
    ] AS reasons
FROM foreign_row AS f
WHERE
    f.row_number NOT IN (SELECT m.row_number FROM member AS m WHERE m.is_own)
    OR f.row_number IN (SELECT m.row_number FROM member AS m WHERE m.is_crm AND NOT m.is_own);
