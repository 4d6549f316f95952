-- Purpose: what an export of a feed lists: the rows of all its files, those that are still rejected with their reasons.
-- Grain: one row per record read. Parameters: $feed VARCHAR, $listed_at TIMESTAMPTZ.
-- Reads: standing_listing, batch_row, record, rejected_sighting, rejected_row. Writes: listed_row. Caller: flows/reconcile.py.

CREATE OR REPLACE TEMP TABLE listed_row AS
WITH file AS (
    SELECT DISTINCT s.listing_batch_id AS batch_id
    FROM standing_listing AS s
    WHERE s.feed = $feed AND s.extent = 'full' AND s.listed_at = $listed_at
)

SELECT
    r.source_key,
    w.row_number,
    NULL::VARCHAR AS reason
FROM batch_row AS w
INNER JOIN file AS f ON f.batch_id = w.batch_id
INNER JOIN record AS r ON r.record_id = w.record_id
UNION ALL
SELECT
    k.source_key,
    g.row_number,
    CASE
        WHEN k.status IN ('open', 'dismissed')
            THEN array_to_string(list_distinct(list_transform(k.reasons, lambda reason: reason.code)), ', ')
    END AS reason
FROM rejected_sighting AS g
INNER JOIN file AS f ON f.batch_id = g.batch_id
INNER JOIN rejected_row AS k ON k.batch_id = g.rejected_batch_id AND k.row_number = g.rejected_row_number;
