-- Purpose: the leads that the CRM moved to another account leave the records of vendors behind: nothing crosses accounts.
--   Those of a lead are one person of the old account, under the id that the oldest of them brought into being, else a
--   new one. An older version of a record, or one that a row below takes back, moves nobody.
-- Grain: parted_source one row per source record that stays behind; staged_person one more per lead that is moved.
-- Reads: this_batch, foreign_row, staged_lead, lead, record_lead, standing_record, staged_person.
-- Writes: parted_source, staged_person. Caller: flows/steps/resolve.py.

INSERT INTO parted_source
WITH newest AS (
    SELECT
        f.lead_id,
        s.source_key,
        arg_max(s.accountId, (s.version_at, s.row_number)) AS account_id,
        max(s.version_at) AS version_at,
        max(s.row_number) AS row_number
    FROM (SELECT DISTINCT w.lead_id, w.source_key FROM foreign_row AS w) AS f
    INNER JOIN staged_lead AS s ON s.source_key = f.source_key
    GROUP BY f.lead_id, s.source_key
),

standing AS (
    SELECT
        r.source_id,
        max(coalesce(r.source_updated_at, r.as_of)) AS version_at
    FROM standing_record AS r
    INNER JOIN record_lead AS k ON k.source_id = r.source_id
    WHERE k.lead_id IN (SELECT n.lead_id FROM newest AS n)
    GROUP BY r.source_id
),

moved AS (
    SELECT
        n.lead_id,
        n.row_number,
        k.source_id AS own_id
    FROM newest AS n
    CROSS JOIN this_batch AS b
    INNER JOIN lead AS l ON l.id = n.lead_id
    INNER JOIN record_lead AS k ON k.feed = b.feed AND k.source_key = n.source_key
    LEFT JOIN standing AS s ON s.source_id = k.source_id
    WHERE n.account_id <> l.accountId AND n.version_at >= coalesce(s.version_at, n.version_at)
),

left_behind AS (
    SELECT
        m.lead_id AS previous_id,
        m.row_number,
        k.source_id,
        min(k.source_id) OVER (PARTITION BY m.lead_id) AS first_id,
        min(k.born_id) FILTER (WHERE k.born_id <> m.lead_id) OVER (PARTITION BY m.lead_id) AS lead_id
    FROM moved AS m
    INNER JOIN record_lead AS k ON k.lead_id = m.lead_id AND k.source_id <> m.own_id
    INNER JOIN standing AS s ON s.source_id = k.source_id
)

SELECT
    b.source_id,
    b.previous_id,
    -b.first_id AS person,
    b.row_number,
    b.lead_id,
    b.source_id = b.first_id AND b.lead_id IS NULL AS is_founder
FROM left_behind AS b;

INSERT INTO staged_person
SELECT
    s.person,
    min(s.row_number) AS first_row_number,
    any_value(s.lead_id) AS lead_id,
    NULL AS previous_lead_id
FROM parted_source AS s
GROUP BY s.person;
