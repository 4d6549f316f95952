-- Purpose: the versions of the swept source records, in the place of those that a file brings; and whose superseded
--   contacts are asked for.
-- Grain: staged_version one row per version; contact_source one per source record.
-- Reads: staged_source, record_identity, withdrawn_record. Writes: staged_version, contact_source.
-- Caller: flows/regroup.py.

INSERT INTO staged_version
SELECT
    i.record_id AS row_number,
    s.source_key,
    TRUE AS is_new,
    s.known_lead_id,
    i.source_id,
    i.record_id
FROM record_identity AS i
INNER JOIN staged_source AS s ON s.source_id = i.source_id
WHERE i.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w);

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT s.source_id
FROM staged_source AS s;
