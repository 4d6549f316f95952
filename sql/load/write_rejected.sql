-- Purpose: keep the rejected records with their reasons. The same bad record in a later export of the feed is the
--   same rejected row, seen once more; a source record that loads at last closes its rejected rows.
-- Grain: batch_row one row per rejected record; rejected_row one row per distinct bad record of a feed.
-- Reads: this_batch, staged_rejected, staged_version. Writes: batch_row, rejected_row. Caller: flows/steps/load.py.

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

UPDATE rejected_row
SET seen_count = rejected_row.seen_count + 1
FROM printed_rejected AS p
CROSS JOIN this_batch AS b
WHERE
    rejected_row.feed = b.feed
    AND rejected_row.fingerprint = p.fingerprint
    AND rejected_row.status IN ('open', 'dismissed');

INSERT INTO rejected_row
SELECT
    b.batch_id,
    p.row_number,
    p.line_number,
    b.feed,
    p.raw,
    p.reasons,
    'open' AS status,
    b.batch_id AS first_batch_id,
    1 AS seen_count,
    p.source_key,
    p.fingerprint
FROM printed_rejected AS p
CROSS JOIN this_batch AS b
WHERE NOT EXISTS (
    SELECT 1
    FROM rejected_row AS k
    WHERE k.feed = b.feed AND k.fingerprint = p.fingerprint AND k.status IN ('open', 'dismissed')
)
ORDER BY p.row_number;

UPDATE rejected_row
SET status = 'superseded'
FROM staged_version AS v
CROSS JOIN this_batch AS b
WHERE
    rejected_row.status = 'open'
    AND rejected_row.feed = b.feed
    AND rejected_row.source_key = v.source_key;
