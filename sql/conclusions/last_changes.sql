-- Purpose: when leads were last changed, by what the audit says: the newest standing batch with a row that inserted or
--   updated the lead of its record, or that revised the lead without a row of it. Where every such batch was undone,
--   the oldest batch with a row of the lead: by then it was there.
-- Grain: macro last_changes, one row per lead. as_of is that of the newest such batch that has one.
-- Reads: leads (any relation with lead_id), record_lead, record, batch_row, lead_revision, batch_status.
-- Writes: last_changes. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO last_changes(leads) AS TABLE
WITH source AS (
    SELECT
        t.lead_id,
        l.source_id
    FROM query_table(leads) AS t
    INNER JOIN record_lead AS l ON l.lead_id = t.lead_id
),

mention AS (
    SELECT
        s.lead_id,
        w.batch_id,
        w.outcome IN ('inserted', 'updated') AS is_change
    FROM source AS s
    INNER JOIN record AS r ON r.source_id = s.source_id
    INNER JOIN batch_row AS w ON w.record_id = r.record_id
    UNION ALL
    SELECT
        s.lead_id,
        v.batch_id,
        TRUE AS is_change
    FROM source AS s
    INNER JOIN lead_revision AS v ON v.source_id = s.source_id
)

SELECT
    m.lead_id,
    coalesce(max(m.batch_id) FILTER (WHERE m.is_change), min(m.batch_id)) AS batch_id,
    coalesce(
        arg_max(b.as_of, m.batch_id) FILTER (WHERE m.is_change AND b.as_of IS NOT NULL),
        arg_min(b.as_of, m.batch_id)
    ) AS as_of
FROM mention AS m
INNER JOIN batch_status AS b ON b.batch_id = m.batch_id AND b.is_standing
GROUP BY m.lead_id;
