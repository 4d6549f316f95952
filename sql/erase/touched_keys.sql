-- Purpose: which sealed rows the people are in who are to be erased, so that their blocks are sealed anew.
-- Grain: one row per part, batch and key (sql/chain).
-- Parameters: none. Reads: erased_record, erased_row, erased_id, erased_log, cell_issue, rejected_row, lead_event, match_decision. Writes: nothing.
-- Caller: flows/erase.py.

SELECT
    p.part,
    r.batch_id,
    r.row_number AS key
FROM erased_record AS r
CROSS JOIN (VALUES ('record'), ('record_contact')) AS p (part)
UNION
SELECT
    'cell_issue' AS part,
    i.batch_id,
    i.row_number AS key
FROM cell_issue AS i
INNER JOIN erased_row AS w ON w.batch_id = i.batch_id AND w.row_number = i.row_number
UNION
SELECT
    p.part,
    k.batch_id,
    k.row_number AS key
FROM rejected_row AS k
INNER JOIN erased_row AS w ON w.batch_id = k.batch_id AND w.row_number = k.row_number
CROSS JOIN (VALUES ('rejected_row'), ('rejected_text')) AS p (part)
UNION
SELECT
    'lead_event' AS part,
    e.batch_id,
    coalesce(e.id, 0) AS key
FROM lead_event AS e
INNER JOIN erased_log AS g ON g.lead_id = e.lead_id AND e.batch_id BETWEEN g.from_batch_id AND g.until_batch_id
UNION
SELECT
    'match_decision' AS part,
    d.batch_id,
    coalesce(d.record_id, d.lead_id, 0) AS key
FROM match_decision AS d
WHERE
    d.record_id IN (SELECT r.record_id FROM erased_record AS r)
    OR d.other_record_id IN (SELECT r.record_id FROM erased_record AS r)
    OR d.lead_id IN (SELECT i.lead_id FROM erased_id AS i)
    OR d.other_lead_id IN (SELECT i.lead_id FROM erased_id AS i)
ORDER BY part, batch_id, key;
