-- Purpose: keep the rejected records with their reasons. The same bad record in a later export of the feed is the
--   same rejected row, seen once more; replayed, it stays what it is unless it was changed. A record that loads at
--   last closes its rejected row: the one that it was replayed from, and those of the same source record.
-- Grain: batch_row one row per rejected record; rejected_row one row per distinct bad record of a feed;
--   rejected_sighting one row per rejected record: the rejected row that it is.
-- Reads: this_batch, staged_rejected, staged_version, replayed_row.
-- Writes: batch_row, rejected_row, rejected_sighting. Caller: flows/steps/load.py.

INSERT INTO batch_row
SELECT
    b.batch_id,
    r.row_number,
    r.line_number,
    'rejected' AS outcome,
    NULL AS record_id,
    NULL AS lead_id
FROM staged_rejected AS r
CROSS JOIN this_batch AS b
ORDER BY r.row_number;

CREATE OR REPLACE TEMP TABLE printed_rejected AS
SELECT
    r.*,
    md5(
        coalesce(r.raw, '') || chr(31)
        || row_number() OVER (PARTITION BY r.raw ORDER BY r.row_number)::VARCHAR
    ) AS fingerprint
FROM staged_rejected AS r;

-- A replay is no new sight of the record: nobody exported it again.
UPDATE rejected_row
SET seen_count = rejected_row.seen_count + 1
FROM printed_rejected AS p
CROSS JOIN this_batch AS b
WHERE
    b.kind <> 'replay'
    AND rejected_row.feed = b.feed
    AND rejected_row.fingerprint = p.fingerprint
    AND rejected_row.status IN ('open', 'dismissed');

-- A record that was mended and is still refused is a new rejected row with the history of the old one.
INSERT INTO rejected_row
SELECT
    b.batch_id,
    p.row_number,
    p.line_number,
    b.feed,
    p.raw,
    p.reasons,
    'open' AS status,
    coalesce(o.first_batch_id, b.batch_id) AS first_batch_id,
    coalesce(o.seen_count, 1) AS seen_count,
    p.source_key,
    p.fingerprint
FROM printed_rejected AS p
CROSS JOIN this_batch AS b
LEFT JOIN replayed_row AS y ON y.row_number = p.row_number
LEFT JOIN rejected_row AS o ON o.batch_id = y.rejected_batch_id AND o.row_number = y.rejected_row_number
WHERE NOT EXISTS (
    SELECT 1
    FROM rejected_row AS k
    WHERE k.feed = b.feed AND k.fingerprint = p.fingerprint AND k.status IN ('open', 'dismissed')
)
ORDER BY p.row_number;

INSERT INTO rejected_sighting
SELECT
    b.batch_id,
    p.row_number,
    k.batch_id AS rejected_batch_id,
    k.row_number AS rejected_row_number
FROM printed_rejected AS p
CROSS JOIN this_batch AS b
INNER JOIN rejected_row AS k
    ON k.feed = b.feed AND k.fingerprint = p.fingerprint AND k.status IN ('open', 'dismissed')
ORDER BY p.row_number;

UPDATE rejected_row
SET status = CASE
    WHEN y.row_number IN (SELECT r.row_number FROM staged_rejected AS r) THEN 'superseded'
    ELSE 'replayed'
END
FROM replayed_row AS y
WHERE
    rejected_row.batch_id = y.rejected_batch_id
    AND rejected_row.row_number = y.rejected_row_number
    AND rejected_row.status IN ('open', 'dismissed')
    AND rejected_row.fingerprint NOT IN (SELECT p.fingerprint FROM printed_rejected AS p);

UPDATE rejected_row
SET status = 'superseded'
FROM staged_version AS v
CROSS JOIN this_batch AS b
WHERE
    rejected_row.status = 'open'
    AND rejected_row.feed = b.feed
    AND rejected_row.source_key = v.source_key;
