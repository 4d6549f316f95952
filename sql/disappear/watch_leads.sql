-- Purpose: the leads that may be missing now, or may have returned: those of the feed that neither of its last two exports
--   lists, those of it that were missing, and those that the batch touched, of a file's the ones that were missing.
-- Grain: one row per lead. Parameters: $feed VARCHAR, $has_file BOOLEAN.
-- Reads: standing_listing, batch_row, record, record_lead, rejected_sighting, rejected_row, touched_lead, lead.
-- Writes: watched_lead. Caller: flows/steps/disappear.py.

CREATE OR REPLACE TEMP TABLE watched_lead AS
WITH last_two AS (
    SELECT max(DISTINCT e.listed_at, 2) AS listed_at
    FROM (
        SELECT DISTINCT s.listed_at
        FROM standing_listing AS s
        WHERE s.feed = $feed AND s.extent = 'full' AND s.is_closing
    ) AS e
),

recent AS (
    SELECT DISTINCT s.listing_batch_id AS batch_id
    FROM standing_listing AS s
    INNER JOIN last_two AS e ON s.listed_at >= e.listed_at[2]
    WHERE s.feed = $feed
),

listed AS (
    SELECT r.source_id
    FROM batch_row AS w
    INNER JOIN recent AS n ON n.batch_id = w.batch_id
    INNER JOIN record AS r ON r.record_id = w.record_id
),

rejected AS (
    SELECT k.source_key
    FROM rejected_sighting AS g
    INNER JOIN recent AS n ON n.batch_id = g.batch_id
    INNER JOIN rejected_row AS k ON k.batch_id = g.rejected_batch_id AND k.row_number = g.rejected_row_number
    WHERE k.source_key IS NOT NULL
),

missing AS (
    SELECT l.id AS lead_id
    FROM lead AS l
    WHERE l.missing_since IS NOT NULL
)

SELECT l.lead_id
FROM record_lead AS l
WHERE
    l.feed = $feed
    AND (SELECT len(e.listed_at) FROM last_two AS e) = 2
    AND l.source_id NOT IN (SELECT p.source_id FROM listed AS p)
    AND l.source_key NOT IN (SELECT j.source_key FROM rejected AS j)
UNION
SELECT l.lead_id
FROM record_lead AS l
INNER JOIN missing AS m ON m.lead_id = l.lead_id
WHERE l.feed = $feed
UNION
SELECT t.lead_id
FROM touched_lead AS t
WHERE NOT $has_file OR t.lead_id IN (SELECT m.lead_id FROM missing AS m);
