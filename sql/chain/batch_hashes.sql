-- Purpose: the hash of batches: the SHA-256 of all their columns, of the hash before, and of the root over the digests of
--   their rows, of their leads and over what they say besides; as chain/row_contents.sql.
-- Grain: one row per batch. The root is taken over chunks of a thousand places of each table: no text is ever a whole batch.
-- Reads: batch, row_seal, lead_seal, batch_contents. Writes: batch_hashes. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO batch_hashes(first_batch, last_batch) AS TABLE
WITH content AS (
    SELECT
        s.batch_id,
        'row_seal' AS part,
        s.row_number AS place,
        json_array(s.row_number, hex(s.digest))::VARCHAR AS text
    FROM row_seal AS s
    WHERE s.batch_id BETWEEN first_batch AND last_batch
    UNION ALL
    SELECT
        s.batch_id,
        'lead_seal' AS part,
        s.lead_id AS place,
        json_array(s.lead_id, hex(s.digest))::VARCHAR AS text
    FROM lead_seal AS s
    WHERE s.batch_id BETWEEN first_batch AND last_batch
    UNION ALL
    FROM batch_contents(first_batch, last_batch)
),

chunk AS (
    SELECT
        c.batch_id,
        c.part,
        c.place // 1000 AS place,
        sha256(array_to_string(list_sort(list(c.text)), '')) AS digest
    FROM content AS c
    GROUP BY c.batch_id, c.part, c.place // 1000
),

root AS (
    SELECT
        c.batch_id,
        sha256(string_agg(json_array(c.part, c.place, c.digest)::VARCHAR, '' ORDER BY c.part, c.place)) AS digest
    FROM chunk AS c
    GROUP BY c.batch_id
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
            r.digest
        )::VARCHAR
    ) AS hash
FROM batch AS b
LEFT JOIN root AS r ON r.batch_id = b.batch_id
WHERE b.batch_id BETWEEN first_batch AND last_batch;
