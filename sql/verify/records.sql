-- Purpose: whether each source record that stands belongs to one lead, no lead holds records of two accounts, and no contact
--   is without its record.
-- Grain: one row per broken rule.
-- Parameters: none. Reads: record, record_lead, record_contact, rejected_row, lead, standing_record, standing_version. Writes: nothing.
-- Caller: flows/verify.py.

WITH owned AS (
    SELECT
        r.source_id,
        min(r.batch_id) AS batch_id
    FROM standing_record AS r
    GROUP BY r.source_id
),

account AS (
    SELECT
        v.lead_id,
        r.accountId AS account_id,
        r.batch_id
    FROM standing_version AS v
    INNER JOIN record AS r ON r.record_id = v.record_id
    QUALIFY row_number() OVER (PARTITION BY v.source_id ORDER BY v.version_at DESC, v.record_id DESC) = 1
)

SELECT
    min(w.batch_id) AS first_batch,
    count(*) || ' source record(s) belong to no lead, or to several' AS detail
FROM (
    SELECT
        o.source_id,
        min(o.batch_id) AS batch_id
    FROM owned AS o
    LEFT JOIN record_lead AS k ON k.source_id = o.source_id
    LEFT JOIN lead AS l ON l.id = k.lead_id
    GROUP BY o.source_id
    HAVING count(k.source_id) <> 1 OR count(l.id) = 0
) AS w
HAVING count(*) > 0
UNION ALL
SELECT
    NULL AS first_batch,
    count(*) || ' lead(s) are told of source records that are not there' AS detail
FROM record_lead AS k
WHERE k.source_id NOT IN (SELECT r.source_id FROM record AS r)
HAVING count(*) > 0
UNION ALL
SELECT
    min(c.batch_id) AS first_batch,
    count(*) || ' lead(s) hold records of two accounts, or of another than their own' AS detail
FROM (
    SELECT
        a.lead_id,
        min(a.batch_id) AS batch_id
    FROM account AS a
    INNER JOIN lead AS l ON l.id = a.lead_id
    GROUP BY a.lead_id
    HAVING count(DISTINCT a.account_id) > 1 OR bool_or(a.account_id IS DISTINCT FROM l.accountId)
) AS c
HAVING count(*) > 0
UNION ALL
SELECT
    min(t.batch_id) AS first_batch,
    count(*) || ' row(s) have several records or rejected rows' AS detail
FROM (
    SELECT
        r.batch_id,
        r.row_number
    FROM record AS r
    GROUP BY r.batch_id, r.row_number
    HAVING count(*) > 1
    UNION ALL
    SELECT
        k.batch_id,
        k.row_number
    FROM rejected_row AS k
    GROUP BY k.batch_id, k.row_number
    HAVING count(*) > 1
) AS t
HAVING count(*) > 0
UNION ALL
SELECT
    NULL AS first_batch,
    count(*) || ' contact(s) are of a record that is not there' AS detail
FROM record_contact AS k
ANTI JOIN record AS r ON r.record_id = k.record_id
HAVING count(*) > 0;
