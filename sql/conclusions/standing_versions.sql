-- Purpose: what stands of what sources said of leads: the versions of their source records, but for those that an undo
--   has withdrawn, with the batch and the time by which they stand.
-- Grain: macro standing_versions, one row per version of the leads.
-- Reads: leads (any relation with lead_id), record_lead, standing_record. Writes: standing_versions.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO standing_versions(leads) AS TABLE
SELECT
    t.lead_id,
    r.record_id,
    r.source_id,
    r.batch_id,
    r.place,
    r.as_of,
    coalesce(r.source_updated_at, r.as_of) AS version_at
FROM query_table(leads) AS t
INNER JOIN record_lead AS l ON l.lead_id = t.lead_id
INNER JOIN standing_record AS r ON r.source_id = l.source_id;
