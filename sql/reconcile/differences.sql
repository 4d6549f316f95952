-- Purpose: where an export of a feed and the leads that we have of it differ. 'rejected': listed, but its row was refused;
--   'not_loaded': listed, and not here yet; 'absent': here, not listed, and not missing yet; 'kept': here and not
--   listed, but other feeds speak for it, too; 'missing': here, and missing for want of being listed.
-- Grain: one row per difference: a row of the export, or a lead. Parameters: $feed VARCHAR.
-- Reads: listed_row, record_lead, lead. Writes: nothing. Caller: flows/reconcile.py.

WITH lead_of_feed AS (
    SELECT
        k.lead_id,
        min(k.source_key) AS source_key,
        bool_or(r.source_key IS NOT NULL) AS is_listed
    FROM record_lead AS k
    LEFT JOIN (SELECT DISTINCT t.source_key FROM listed_row AS t) AS r ON r.source_key = k.source_key
    WHERE k.feed = $feed
    GROUP BY k.lead_id
),

other_feed AS (
    SELECT
        k.lead_id,
        array_to_string(list_sort(list(DISTINCT k.feed)), ', ') AS feeds
    FROM record_lead AS k
    INNER JOIN lead_of_feed AS f ON f.lead_id = k.lead_id AND NOT f.is_listed
    WHERE k.feed <> $feed
    GROUP BY k.lead_id
),

here AS (
    SELECT k.source_key, k.lead_id FROM record_lead AS k WHERE k.feed = $feed
)

SELECT
    $feed AS feed,
    CASE WHEN r.reason IS NULL THEN 'not_loaded' ELSE 'rejected' END AS difference,
    r.source_key,
    h.lead_id,
    r.row_number,
    r.reason,
    NULL::TIMESTAMPTZ AS missing_since
FROM listed_row AS r
LEFT JOIN here AS h ON h.source_key = r.source_key
WHERE r.reason IS NOT NULL OR h.source_key IS NULL
UNION ALL
SELECT
    $feed AS feed,
    CASE
        WHEN l.missing_since IS NOT NULL THEN 'missing'
        WHEN o.feeds IS NOT NULL THEN 'kept'
        ELSE 'absent'
    END AS difference,
    f.source_key,
    f.lead_id,
    NULL AS row_number,
    CASE WHEN l.missing_since IS NULL THEN 'also of ' || o.feeds END AS reason,
    l.missing_since
FROM lead_of_feed AS f
INNER JOIN lead AS l ON l.id = f.lead_id
LEFT JOIN other_feed AS o ON o.lead_id = f.lead_id
WHERE NOT f.is_listed
ORDER BY difference, row_number, lead_id, source_key;
