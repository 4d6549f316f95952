-- Purpose: keep what a batch says of who is listed: its feed's extent, the export's time, and in whose rows it stands.
-- Grain: one row.
-- Parameters: $batch_id BIGINT, $feed VARCHAR, $extent VARCHAR, $listed_at TIMESTAMPTZ, $listing_batch_id BIGINT,
--   $is_closing BOOLEAN.
-- Reads: nothing. Writes: batch_listing. Caller: flows/steps/disappear.py.

INSERT INTO batch_listing
SELECT
    $batch_id AS batch_id,
    $feed AS feed,
    $extent AS extent,
    $listed_at AS listed_at,
    $listing_batch_id AS listing_batch_id,
    $is_closing AS is_closing;
