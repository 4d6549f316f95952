-- Purpose: what batches logged of leads.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: lead_event. Writes: nothing. Caller: flows/chain.py.

SELECT
    e.batch_id,
    e.lead_id AS key,
    e.id,
    e.event,
    epoch_us(e.created) AS created,
    e.user,
    e.account_id,
    e.apiKey,
    e.data::VARCHAR AS data,
    e.requestHeaders::VARCHAR AS requestHeaders,
    e.requestIpAddress,
    e.requestMethod,
    e.requestPath
FROM lead_event AS e
WHERE e.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY e.batch_id, e.lead_id, e.id, e.event, e.data;
