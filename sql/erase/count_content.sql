-- Purpose: how much there is of the people who are to be erased, in words for people.
-- Grain: one row. Parameters: none.
-- Reads: erased_lead, erased_log, erased_record, erased_row, rejected_row, lead_event, batch. Writes: nothing. Caller: flows/erase.py.

SELECT
    (SELECT count(*) FROM erased_lead AS e) AS leads,
    (SELECT count(DISTINCT r.source_id) FROM erased_record AS r) AS source_records,
    (SELECT count(*) FROM erased_record AS r) AS versions,
    (
        SELECT count(*)
        FROM rejected_row AS k
        INNER JOIN erased_row AS w ON w.batch_id = k.batch_id AND w.row_number = k.row_number
    ) AS rejected_rows,
    (
        SELECT count(*)
        FROM lead_event AS v
        INNER JOIN erased_log AS g ON g.lead_id = v.lead_id AND v.batch_id BETWEEN g.from_batch_id AND g.until_batch_id
    ) AS events,
    (
        SELECT count(DISTINCT b.file_sha256)
        FROM erased_row AS w
        INNER JOIN batch AS b ON b.batch_id = w.batch_id
    ) AS files;
