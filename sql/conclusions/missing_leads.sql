-- Purpose: which leads are missing, and since when. A lead is missing while each of its feeds is full and listed none of
--   its records in two exports in a row or more: since the second of them, of several feeds the last one's. What a feed
--   is, its newest batch says. A row counts as listed whatever became of it, rejected included.
-- Grain: macro missing_leads, one row per missing lead.
-- Reads: leads (any relation with lead_id), record_lead, standing_record, standing_listing, batch_row,
--   rejected_sighting, rejected_row. Writes: missing_leads. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO missing_leads(leads) AS TABLE
WITH feed_extent AS (
    SELECT
        s.feed,
        arg_max(s.extent, s.batch_id) AS extent
    FROM standing_listing AS s
    GROUP BY s.feed
),

export AS (
    SELECT DISTINCT
        s.feed,
        s.listed_at
    FROM standing_listing AS s
    INNER JOIN feed_extent AS e ON e.feed = s.feed AND e.extent = 'full'
    WHERE s.is_closing AND s.extent = 'full'
),

version AS (
    SELECT
        t.lead_id,
        l.feed,
        l.source_key,
        r.record_id,
        r.as_of
    FROM query_table(leads) AS t
    INNER JOIN record_lead AS l ON l.lead_id = t.lead_id
    INNER JOIN standing_record AS r ON r.source_id = l.source_id
),

listing AS (
    -- Older batches, of when the feed did not list all, say at least when they brought a version.
    SELECT
        v.lead_id,
        v.feed,
        v.as_of AS listed_at
    FROM version AS v
    UNION ALL
    SELECT
        v.lead_id,
        v.feed,
        s.listed_at
    FROM version AS v
    INNER JOIN batch_row AS w ON w.record_id = v.record_id
    INNER JOIN standing_listing AS s ON s.listing_batch_id = w.batch_id AND s.feed = v.feed
    UNION ALL
    SELECT
        v.lead_id,
        v.feed,
        s.listed_at
    FROM version AS v
    INNER JOIN rejected_row AS k ON k.feed = v.feed AND k.source_key = v.source_key
    INNER JOIN rejected_sighting AS g ON g.rejected_batch_id = k.batch_id AND g.rejected_row_number = k.row_number
    INNER JOIN standing_listing AS s ON s.listing_batch_id = g.batch_id AND s.feed = v.feed
),

last_listing AS (
    SELECT
        l.lead_id,
        l.feed,
        max(l.listed_at) AS listed_at
    FROM listing AS l
    GROUP BY l.lead_id, l.feed
),

-- The second export after the last one that listed the lead; NULL where there is none, or the feed does not list all.
absence AS (
    SELECT
        l.lead_id,
        l.feed,
        min(e.listed_at, 2)[2] AS missing_since
    FROM last_listing AS l
    LEFT JOIN export AS e ON e.feed = l.feed AND e.listed_at > l.listed_at
    GROUP BY l.lead_id, l.feed
)

SELECT
    a.lead_id,
    max(a.missing_since) AS missing_since
FROM absence AS a
GROUP BY a.lead_id
HAVING count(a.missing_since) = count(*);
