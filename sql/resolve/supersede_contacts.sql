-- Purpose: what the given source records no longer say: contacts of a kind that a newer standing version of the
--   record replaced by others, or cleared. A newer version that is blank there says nothing and replaces nothing.
-- Grain: one row per record and kind.
-- Reads: contact_source, standing_record, record_contact. Writes: superseded_contact.
-- Caller: flows/steps/resolve.py, and flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE superseded_contact AS
WITH numbered AS (
    SELECT
        r.record_id,
        r.source_id,
        r.cleared,
        row_number() OVER (
            PARTITION BY r.source_id
            ORDER BY coalesce(r.source_updated_at, r.as_of), r.place, r.record_id
        ) AS number,
        count(*) OVER (PARTITION BY r.source_id) AS version_count
    FROM standing_record AS r
    INNER JOIN contact_source AS s ON s.source_id = r.source_id
),

version AS (
    SELECT n.*
    FROM numbered AS n
    WHERE n.version_count > 1
),

spoke AS (
    SELECT
        v.record_id,
        v.source_id,
        v.number,
        k.kind
    FROM version AS v
    INNER JOIN record_contact AS k ON k.record_id = v.record_id
    UNION
    SELECT
        v.record_id,
        v.source_id,
        v.number,
        f.field AS kind
    FROM version AS v
    INNER JOIN (VALUES ('email'), ('phone')) AS f (field) ON list_contains(v.cleared, f.field)
),

ranked AS (
    SELECT
        s.record_id,
        s.kind,
        s.number,
        max(s.number) OVER (PARTITION BY s.source_id, s.kind) AS last_number
    FROM spoke AS s
)

SELECT
    r.record_id,
    r.kind
FROM ranked AS r
WHERE r.number < r.last_number;
