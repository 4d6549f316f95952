-- Purpose: the table `lead` as it was at a moment: what had been concluded from the batches that were finished by then,
--   whatever was undone, merged or told since. Empty for moments before the warehouse kept it (high_water).
-- Grain: macro lead_at, one row per lead of that moment, with the columns of lead.
-- Reads: batch, lead, lead_version, high_water. Writes: lead_at. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO lead_at(moment) AS TABLE
WITH as_of_batch AS (
    SELECT coalesce(max(b.batch_id), 0) AS batch_id
    FROM batch AS b
    WHERE b.finished_at <= moment::TIMESTAMPTZ
),

known_batch AS (
    SELECT a.batch_id
    FROM as_of_batch AS a
    INNER JOIN high_water AS h ON h.name = 'version_batch_id' AND h.value <= a.batch_id
),

-- What the first batch after that moment found.
found_later AS (
    SELECT
        v.lead_id,
        min(v.until_batch_id) AS until_batch_id
    FROM lead_version AS v
    WHERE v.until_batch_id > (SELECT k.batch_id FROM known_batch AS k)
    GROUP BY v.lead_id
)

SELECT v.* EXCLUDE (lead_id, until_batch_id)
FROM lead_version AS v
INNER JOIN found_later AS f ON f.lead_id = v.lead_id AND f.until_batch_id = v.until_batch_id
WHERE v.first_batch_id <= (SELECT k.batch_id FROM known_batch AS k)
UNION ALL
SELECT l.*
FROM lead AS l
WHERE
    l.first_batch_id <= (SELECT k.batch_id FROM known_batch AS k)
    AND NOT EXISTS (SELECT 1 FROM found_later AS f WHERE f.lead_id = l.id);
