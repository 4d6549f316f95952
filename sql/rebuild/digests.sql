-- Purpose: what tells whether two warehouses say the same: of each table how many rows it has and a digest of them, in any order.
--   The hashes of the chain are left out, for their salts are drawn anew.
-- Grain: one row per table. Parameters: none.
-- Reads: batch, batch_row, record, record_contact, record_lead, lead, lead_contact, lead_alias, lead_event, rejected_row, rejected_sighting, cell_issue, match_decision, lead_assignment, rotation_round, batch_listing, contact_preference, lead_version, high_water,
--   erased_person.
-- Writes: nothing. Caller: flows/rebuild.py.

SELECT
    'batch' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM (SELECT * EXCLUDE (previous_hash, hash) FROM batch) AS t
UNION ALL
SELECT
    'batch_row' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM batch_row AS t
UNION ALL
SELECT
    'record' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM record AS t
UNION ALL
SELECT
    'record_contact' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM record_contact AS t
UNION ALL
SELECT
    'record_lead' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM record_lead AS t
UNION ALL
SELECT
    'lead' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead AS t
UNION ALL
SELECT
    'lead_contact' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead_contact AS t
UNION ALL
SELECT
    'lead_alias' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead_alias AS t
UNION ALL
SELECT
    'lead_event' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead_event AS t
UNION ALL
SELECT
    'rejected_row' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM rejected_row AS t
UNION ALL
SELECT
    'rejected_sighting' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM rejected_sighting AS t
UNION ALL
SELECT
    'cell_issue' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM cell_issue AS t
UNION ALL
SELECT
    'match_decision' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM match_decision AS t
UNION ALL
SELECT
    'lead_assignment' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead_assignment AS t
UNION ALL
SELECT
    'rotation_round' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM rotation_round AS t
UNION ALL
SELECT
    'batch_listing' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM batch_listing AS t
UNION ALL
SELECT
    'contact_preference' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM contact_preference AS t
UNION ALL
SELECT
    'lead_version' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM lead_version AS t
UNION ALL
SELECT
    'high_water' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM high_water AS t
UNION ALL
SELECT
    'erased_person' AS part,
    count(*) AS row_count,
    sum(hash(t)::HUGEINT)::VARCHAR AS digest
FROM erased_person AS t
ORDER BY part;
