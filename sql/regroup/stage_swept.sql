-- Purpose: which source records a sweep compares with all: those with a version since the last sweep, or all.
-- Grain: one row per source record. Parameters: $is_full BOOLEAN.
-- Reads: record_identity, record_lead, lead, high_water, withdrawn_record. Writes: staged_source. Caller: flows/regroup.py.

CREATE OR REPLACE TEMP TABLE staged_source AS
WITH fresh AS (
    SELECT DISTINCT i.source_id
    FROM record_identity AS i
    WHERE
        ($is_full OR i.record_id > (SELECT h.value FROM high_water AS h WHERE h.name = 'swept_record_id'))
        AND i.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
)

SELECT
    l.source_id,
    l.source_key,
    l.lead_id AS known_lead_id,
    NULL::BIGINT AS first_row_number,
    d.accountId AS account_id,
    NULL::VARCHAR AS application_id,
    NULL::BIGINT AS crm_id,
    l.lead_id AS node
FROM record_lead AS l
INNER JOIN fresh AS f ON f.source_id = l.source_id
INNER JOIN lead AS d ON d.id = l.lead_id;
