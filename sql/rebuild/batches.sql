-- Purpose: the batches that are told again: their audit rows, what they said of who is listed, what they were asked,
--   what was said by hand of how people may be contacted, and by what the people are known again whom they erased.
-- Grain: one row per batch, the oldest first. Parameters: none.
-- Reads: batch, batch_listing, batch_request, contact_preference, erased_person. Writes: nothing.
-- Caller: flows/rebuild.py.

SELECT
    b.* EXCLUDE (file_format),
    b.file_format::VARCHAR AS file_format,
    g.listed_at,
    g.listing_batch_id,
    coalesce(g.is_closing, FALSE) AS is_closing,
    q.request::VARCHAR AS request,
    p.said,
    e.known_by
FROM batch AS b
LEFT JOIN batch_listing AS g ON g.batch_id = b.batch_id
LEFT JOIN batch_request AS q ON q.batch_id = b.batch_id
LEFT JOIN (
    SELECT
        h.batch_id,
        list(
            {
                'row_number': h.row_number,
                'kind': h.kind,
                'value': h.value,
                'channel': h.channel,
                'status': h.status,
                'source': h.source,
                'evidence': h.evidence,
                'said_at': h.noted_at
            }
        ) AS said
    FROM contact_preference AS h
    -- Of erased people the hash is left (rebuild/told_preferences.sql).
    WHERE h.row_number IS NULL AND h.value IS NOT NULL
    GROUP BY h.batch_id
) AS p ON p.batch_id = b.batch_id
LEFT JOIN (
    SELECT
        k.batch_id,
        list({'kind': k.kind, 'value_hash': k.value_hash}) AS known_by
    FROM erased_person AS k
    GROUP BY k.batch_id
) AS e ON e.batch_id = b.batch_id
ORDER BY b.batch_id;
