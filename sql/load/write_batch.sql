-- Purpose: the audit row of a file that was taken: counts from what became of its rows.
-- Grain: one row.
-- Parameters: $batch_id BIGINT, $kind VARCHAR, $of_batch_id BIGINT, $feed VARCHAR, $status VARCHAR, $trigger VARCHAR, $flow_run_id VARCHAR,
--   $file_uri VARCHAR, $file_sha256 VARCHAR, $file_bytes BIGINT, $file_format JSON, $as_of TIMESTAMPTZ,
--   $started_at TIMESTAMPTZ, $finished_at TIMESTAMPTZ, $warnings VARCHAR[], $reference_sha256 VARCHAR,
--   $code_version VARCHAR, $error VARCHAR.
-- Reads: batch_row. Writes: batch. Caller: flows/steps/load.py.

INSERT INTO batch
SELECT
    $batch_id AS batch_id,
    $kind AS kind,
    $of_batch_id AS of_batch_id,
    $feed AS feed,
    $status AS status,
    $trigger AS trigger,
    $flow_run_id AS flow_run_id,
    $file_uri AS file_uri,
    $file_sha256 AS file_sha256,
    $file_bytes AS file_bytes,
    $file_format AS file_format,
    $as_of AS as_of,
    $started_at AS started_at,
    $finished_at AS finished_at,
    count(r.row_number) AS rows_read,
    count(r.row_number) FILTER (WHERE r.outcome = 'inserted') AS rows_inserted,
    count(r.row_number) FILTER (WHERE r.outcome = 'updated') AS rows_updated,
    count(r.row_number) FILTER (WHERE r.outcome = 'unchanged') AS rows_unchanged,
    count(r.row_number) FILTER (WHERE r.outcome = 'merged') AS rows_merged,
    count(r.row_number) FILTER (WHERE r.outcome = 'rejected') AS rows_rejected,
    count(r.row_number) FILTER (WHERE r.outcome = 'suppressed') AS rows_suppressed,
    $warnings AS warnings,
    $reference_sha256 AS reference_sha256,
    $code_version AS code_version,
    $error AS error,
    NULL AS previous_hash,
    NULL AS hash
FROM batch_row AS r
WHERE r.batch_id = $batch_id;
