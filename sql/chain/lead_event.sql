-- Purpose: what batches logged of leads.
-- In the order in which it was written, which mostly is that of the keys: flows/chain.py looks, and sorts what is not.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: lead_event. Writes: nothing. Caller: flows/chain.py.

SELECT
    e.batch_id,
    coalesce(e.id, 0) AS key,
    e.id,
    e.lead_id,
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
WHERE e.batch_id BETWEEN $first_batch_id AND $last_batch_id;
