-- Purpose: what batches logged of each lead and decided of it, as a text, but for what tells nothing of the person: that it
--   came to be, and whose it is (chain/batch_contents.sql). As chain/row_contents.sql.
-- Grain: one row per batch and lead; of a decision before its record had a lead the record_id stands for it, negative.
-- Reads: lead_event, match_decision. Writes: lead_contents. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO lead_contents(first_batch, last_batch) AS TABLE
WITH told AS (
    SELECT
        e.batch_id,
        e.lead_id,
        json_array(
            'event',
            e.id,
            e.event,
            epoch_us(e.created),
            e.user,
            e.account_id,
            e.apiKey,
            e.requestIpAddress,
            e.requestMethod,
            e.requestPath,
            length(e.data::VARCHAR),
            length(e.requestHeaders::VARCHAR)
        )::VARCHAR || concat(e.data::VARCHAR, e.requestHeaders::VARCHAR) AS text
    FROM lead_event AS e
    WHERE
        e.batch_id BETWEEN first_batch AND last_batch
        AND (e.user IS DISTINCT FROM 'leadmill' OR e.event NOT IN ('lead_created', 'lead_assigned'))
    UNION ALL
    SELECT
        d.batch_id,
        coalesce(d.lead_id, -d.record_id, 0) AS lead_id,
        json_array(
            'decision',
            d.record_id,
            d.other_record_id,
            d.lead_id,
            d.other_lead_id,
            d.decision,
            d.rule,
            d.weight,
            d.evidence::VARCHAR
        )::VARCHAR AS text
    FROM match_decision AS d
    WHERE d.batch_id BETWEEN first_batch AND last_batch
)

SELECT
    t.batch_id,
    t.lead_id,
    array_to_string(list_sort(list(t.text)), '') AS text
FROM told AS t
GROUP BY t.batch_id, t.lead_id;
