-- Purpose: the order in which versions are believed to be said: by their own time where they have one, else by that of
--   their file; what was read later is newer.
-- Grain: macro numbered_versions, one row per version: number counts those of its source record from the oldest up,
--   newest those of its lead from the newest down; is_founding says that its batch brought the lead into being.
-- Reads: versions (any relation like standing_versions). Writes: numbered_versions. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO numbered_versions(versions) AS TABLE
SELECT
    v.lead_id,
    v.record_id,
    v.source_id,
    v.batch_id,
    v.place,
    v.as_of,
    row_number() OVER (PARTITION BY v.lead_id, v.source_id ORDER BY v.version_at, v.place, v.record_id) AS number,
    row_number() OVER (PARTITION BY v.lead_id ORDER BY v.version_at DESC, v.place DESC, v.record_id DESC) AS newest,
    count(*) OVER (PARTITION BY v.lead_id, v.source_id) AS version_count,
    v.place = min(v.place) OVER (PARTITION BY v.lead_id) AS is_founding
FROM query_table(versions) AS v;
