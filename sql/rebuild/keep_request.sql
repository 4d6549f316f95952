-- Purpose: keep what a batch without a file was asked.
-- Grain: one row. Parameters: $batch_id BIGINT, $request JSON. Reads: nothing. Writes: batch_request. Caller: flows/batches.py.

INSERT INTO batch_request
SELECT
    $batch_id AS batch_id,
    $request AS request;
