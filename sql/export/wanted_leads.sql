-- Purpose: the leads that an export is asked for, to be narrowed further by a condition over them.
-- Grain: one row per lead, with all columns of lead. Those of a batch are the leads that it inserted or updated, by its
--   rows or without any, under the ids that they have today; changed since counts from when batches were committed.
-- Parameters: $batch_id BIGINT or NULL for all, $since TIMESTAMPTZ or NULL for ever,
--   $channel VARCHAR: 'email', 'phone', 'sms', by which they may be contacted, or NULL for all.
-- Reads: lead, batch_row, lead_alias, lead_revision, record_lead, batch, lead_preference. Writes: nothing. Caller: flows/export.py.

SELECT l.*
FROM lead AS l
WHERE
    (
        $batch_id::BIGINT IS NULL
        OR l.id IN (
            SELECT coalesce(a.lead_id, w.lead_id) AS lead_id
            FROM batch_row AS w
            LEFT JOIN lead_alias AS a ON a.alias_id = w.lead_id
            WHERE w.batch_id = $batch_id::BIGINT AND w.outcome IN ('inserted', 'updated')
            UNION ALL
            SELECT s.lead_id
            FROM lead_revision AS v
            INNER JOIN record_lead AS s ON s.source_id = v.source_id
            WHERE v.batch_id = $batch_id::BIGINT
        )
    )
    AND (
        $since::TIMESTAMPTZ IS NULL
        OR l.last_batch_id IN (SELECT b.batch_id FROM batch AS b WHERE b.finished_at >= $since::TIMESTAMPTZ)
    )
    AND (
        $channel::VARCHAR IS NULL
        OR l.id NOT IN (
            SELECT p.lead_id
            FROM lead_preference AS p
            WHERE
                NOT CASE $channel::VARCHAR
                    WHEN 'email' THEN p.may_email
                    WHEN 'phone' THEN p.may_call
                    ELSE p.may_sms
                END
        )
    )
