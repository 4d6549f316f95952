-- Purpose: withdraw the record versions that stood by the undone batch. One that another standing batch confirmed stands by
--   that from here on, as of its file: without the undone batch, that one would have brought it.
-- Grain: unsaid_record one row per version that stood by the undone batch; undone_batch one row.
-- Reads: this_batch, batch, batch_row, record, batch_status. Writes: undone_batch, unsaid_record, confirmed_record,
--   withdrawn_record. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE undone_batch AS
SELECT
    b.of_batch_id AS batch_id,
    u.kind IN ('ingest', 'replay', 'approve') AS has_rows
FROM this_batch AS t
INNER JOIN batch AS b ON b.batch_id = t.batch_id
INNER JOIN batch AS u ON u.batch_id = b.of_batch_id;

CREATE OR REPLACE TEMP TABLE unsaid_record AS
SELECT DISTINCT r.record_id
FROM batch_row AS w
INNER JOIN undone_batch AS u ON u.batch_id = w.batch_id
INNER JOIN record AS r ON r.record_id = w.record_id
LEFT JOIN confirmed_record AS c ON c.record_id = r.record_id
WHERE coalesce(c.batch_id, r.batch_id) = u.batch_id;

DELETE FROM confirmed_record
WHERE record_id IN (SELECT u.record_id FROM unsaid_record AS u);

INSERT INTO confirmed_record
SELECT
    u.record_id,
    arg_min(w.batch_id, (s.as_of, w.batch_id, w.row_number)) AS batch_id,
    arg_min(w.row_number, (s.as_of, w.batch_id, w.row_number)) AS row_number,
    min(s.as_of) AS as_of
FROM unsaid_record AS u
INNER JOIN batch_row AS w ON w.record_id = u.record_id
INNER JOIN batch_status AS s ON s.batch_id = w.batch_id AND s.is_standing
GROUP BY u.record_id
ORDER BY u.record_id;

INSERT INTO withdrawn_record
SELECT u.record_id
FROM unsaid_record AS u
ANTI JOIN confirmed_record AS c ON c.record_id = u.record_id
ORDER BY u.record_id;
