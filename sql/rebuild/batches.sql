-- Purpose: the batches that are told again: their audit rows, what they said of who is listed, and what they were asked.
-- Grain: one row per batch, the oldest first. Parameters: none. Reads: batch, batch_listing, batch_request. Writes: nothing.
-- Caller: flows/rebuild.py.

SELECT
    b.* EXCLUDE (file_format),
    b.file_format::VARCHAR AS file_format,
    g.listed_at,
    g.listing_batch_id,
    coalesce(g.is_closing, FALSE) AS is_closing,
    q.request::VARCHAR AS request
FROM batch AS b
LEFT JOIN batch_listing AS g ON g.batch_id = b.batch_id
LEFT JOIN batch_request AS q ON q.batch_id = b.batch_id
ORDER BY b.batch_id;
