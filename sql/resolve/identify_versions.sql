-- Purpose: find out which staged rows say something new. A row belongs to the source record of its source_key;
--   it is a new version when it differs from the version just before it: the row above it of the same source
--   record in this file, else the newest standing version in the warehouse that is not newer than the row.
--   A row that repeats that version confirms it.
-- Grain: staged_version one row per staged row; staged_source one row per source record with a new version.
-- Reads: this_batch, staged_lead, record_lead, standing_record, high_water.
-- Writes: staged_version, staged_source. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_version AS
WITH known AS (
    SELECT
        s.row_number,
        s.version_at,
        l.source_id,
        l.lead_id
    FROM staged_lead AS s
    CROSS JOIN this_batch AS b
    INNER JOIN record_lead AS l ON l.feed = b.feed AND l.source_key = s.source_key
),

preceding AS (
    SELECT
        k.row_number,
        r.record_id,
        r.content_hash
    FROM known AS k
    INNER JOIN standing_record AS r ON r.source_id = k.source_id
    WHERE coalesce(r.source_updated_at, r.as_of) <= k.version_at
    QUALIFY row_number() OVER (
        PARTITION BY k.row_number
        ORDER BY coalesce(r.source_updated_at, r.as_of) DESC, r.record_id DESC
    ) = 1
),

-- Only few source records have several rows in a file; windows over all rows would cost more than all the rest.
repeated AS (
    SELECT s.source_key
    FROM staged_lead AS s
    GROUP BY s.source_key
    HAVING count(*) > 1
),

row_above AS (
    SELECT
        s.row_number,
        lag(s.content_hash) OVER (PARTITION BY s.source_key ORDER BY s.version_at, s.row_number) AS content_hash
    FROM staged_lead AS s
    INNER JOIN repeated AS d ON d.source_key = s.source_key
),

compared AS (
    SELECT
        s.row_number,
        s.source_key,
        s.version_at,
        k.source_id,
        k.lead_id,
        p.record_id AS preceding_id,
        (s.content_hash IS DISTINCT FROM coalesce(a.content_hash, p.content_hash)) AS is_new
    FROM staged_lead AS s
    LEFT JOIN known AS k ON k.row_number = s.row_number
    LEFT JOIN preceding AS p ON p.row_number = s.row_number
    LEFT JOIN row_above AS a ON a.row_number = s.row_number
),

numbered AS (
    SELECT
        c.*,
        CASE
            WHEN c.is_new THEN h.value + row_number() OVER (PARTITION BY c.is_new ORDER BY c.row_number)
        END AS new_id
    FROM compared AS c
    CROSS JOIN (SELECT w.value FROM high_water AS w WHERE w.name = 'record_id') AS h
),

generation AS (
    SELECT
        n.row_number,
        n.source_key,
        n.new_id,
        count(n.new_id) OVER (
            PARTITION BY n.source_key
            ORDER BY n.version_at, n.row_number
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS number
    FROM numbered AS n
    INNER JOIN repeated AS d ON d.source_key = n.source_key
),

-- Of a source record with several rows: its first new version, and the one that each row brought or repeats.
chained AS (
    SELECT
        g.row_number,
        min(g.new_id) OVER (PARTITION BY g.source_key) AS first_id,
        max(g.new_id) OVER (PARTITION BY g.source_key, g.number) AS latest_id
    FROM generation AS g
)

SELECT
    n.row_number,
    n.source_key,
    n.is_new,
    n.lead_id AS known_lead_id,
    coalesce(n.source_id, c.first_id, n.new_id) AS source_id,
    coalesce(n.new_id, c.latest_id, n.preceding_id) AS record_id
FROM numbered AS n
LEFT JOIN chained AS c ON c.row_number = n.row_number;

-- node stands for the person in the search for matches: the lead that the source record belongs to, or that has
-- the CRM's id; for a source record seen for the first time the negative of its source_id.
CREATE OR REPLACE TEMP TABLE staged_source AS
WITH source AS (
    SELECT
        v.source_id,
        any_value(v.source_key) AS source_key,
        any_value(v.known_lead_id) AS known_lead_id,
        min(v.row_number) AS first_row_number,
        arg_max(s.accountId, v.record_id) AS account_id,
        arg_max(s.applicationId, v.record_id) AS application_id,
        CASE WHEN any_value(b.origin) = 'crm' THEN arg_max(s.id, v.record_id) END AS crm_id
    FROM staged_version AS v
    INNER JOIN staged_lead AS s ON s.row_number = v.row_number
    CROSS JOIN this_batch AS b
    WHERE v.is_new
    GROUP BY v.source_id
),

-- The CRM may still use an id that was given up here.
followed AS (
    SELECT
        s.source_id,
        s.source_key,
        s.known_lead_id,
        s.first_row_number,
        s.account_id,
        s.application_id,
        coalesce(a.lead_id, s.crm_id) AS crm_id
    FROM source AS s
    LEFT JOIN lead_alias AS a ON a.alias_id = s.crm_id
)

SELECT
    f.*,
    coalesce(f.known_lead_id, l.id, -f.source_id) AS node
FROM followed AS f
LEFT JOIN lead AS l ON l.id = f.crm_id;
