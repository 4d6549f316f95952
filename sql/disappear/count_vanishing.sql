-- Purpose: how many of the leads that a feed's export before this one lists, this one does not: their records are not
--   among its rows, good or rejected, not in other parts of it, and nobody in it was recognised as them.
-- Grain: one row. Parameters: $feed VARCHAR, $listed_at TIMESTAMPTZ (of the staged export).
-- Reads: standing_listing, batch_row, record, record_lead, staged_lead, staged_rejected, rejected_sighting, rejected_row,
--   staged_source, match_cluster. Writes: nothing. Caller: flows/steps/disappear.py.

WITH before AS (
    SELECT max(s.listed_at) AS listed_at
    FROM standing_listing AS s
    WHERE s.feed = $feed AND s.extent = 'full' AND s.is_closing AND s.listed_at < $listed_at
),

file AS (
    SELECT
        s.listing_batch_id AS batch_id,
        bool_or(s.listed_at = $listed_at) AS is_listed_now
    FROM standing_listing AS s
    WHERE s.feed = $feed AND (s.listed_at = $listed_at OR s.listed_at = (SELECT b.listed_at FROM before AS b))
    GROUP BY s.listing_batch_id
),

listed_record AS (
    SELECT
        r.source_id,
        bool_or(f.is_listed_now) AS is_listed_now
    FROM batch_row AS w
    INNER JOIN file AS f ON f.batch_id = w.batch_id
    INNER JOIN record AS r ON r.record_id = w.record_id
    GROUP BY r.source_id
),

named AS (
    SELECT s.source_key FROM staged_lead AS s
    UNION
    SELECT r.source_key FROM staged_rejected AS r WHERE r.source_key IS NOT NULL
    UNION
    SELECT k.source_key
    FROM standing_listing AS s
    INNER JOIN rejected_sighting AS g ON g.batch_id = s.listing_batch_id
    INNER JOIN rejected_row AS k ON k.batch_id = g.rejected_batch_id AND k.row_number = g.rejected_row_number
    WHERE s.feed = $feed AND s.listed_at = $listed_at AND k.source_key IS NOT NULL
),

recognised AS (
    SELECT s.node AS lead_id FROM staged_source AS s WHERE s.node > 0
    UNION
    SELECT c.node AS lead_id
    FROM match_cluster AS c
    WHERE c.node > 0 AND c.person IN (SELECT s.person FROM staged_source AS s)
),

listed_lead AS (
    SELECT
        l.lead_id,
        bool_or(r.is_listed_now OR n.source_key IS NOT NULL OR c.lead_id IS NOT NULL) AS is_listed_now
    FROM listed_record AS r
    INNER JOIN record_lead AS l ON l.source_id = r.source_id
    LEFT JOIN named AS n ON n.source_key = l.source_key
    LEFT JOIN recognised AS c ON c.lead_id = l.lead_id
    GROUP BY l.lead_id
)

SELECT
    count(*) AS lead_count,
    count(*) FILTER (WHERE NOT l.is_listed_now) AS vanishing_count
FROM listed_lead AS l;
