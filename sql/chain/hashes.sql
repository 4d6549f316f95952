-- Purpose: the hash of batches: the SHA-256 of all their columns, of the hash before, and of the digests of what they wrote.
-- Grain: one row per batch, in order. Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT.
-- Reads: batch, seal. Writes: nothing. Caller: flows/chain.py.

WITH root AS (
    SELECT
        s.sealed_by AS batch_id,
        sha256(
            string_agg(
                json_array(s.batch_id, s.part, s.last_key, hex(s.digest))::VARCHAR,
                ''
                ORDER BY s.batch_id, s.part, s.last_key, s.digest
            )
        ) AS root
    FROM seal AS s
    WHERE s.sealed_by BETWEEN $first_batch_id AND $last_batch_id
    GROUP BY s.sealed_by
)

SELECT
    b.batch_id,
    sha256(
        json_array(
            b.batch_id,
            b.kind,
            b.of_batch_id,
            b.feed,
            b.status,
            b.trigger,
            b.flow_run_id,
            b.file_uri,
            b.file_sha256,
            b.file_bytes,
            b.file_format::VARCHAR,
            epoch_us(b.as_of),
            epoch_us(b.started_at),
            epoch_us(b.finished_at),
            b.rows_read,
            b.rows_inserted,
            b.rows_updated,
            b.rows_unchanged,
            b.rows_merged,
            b.rows_rejected,
            b.rows_suppressed,
            b.warnings,
            b.reference_sha256,
            b.code_version,
            b.error,
            b.previous_hash,
            r.root
        )::VARCHAR
    ) AS hash
FROM batch AS b
LEFT JOIN root AS r ON r.batch_id = b.batch_id
WHERE b.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY b.batch_id;
