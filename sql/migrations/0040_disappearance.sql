-- Purpose: what disappearance follows from: which exports of a feed list all of its leads, when, and in whose rows.

-- Grain: one row per batch that loaded records of a feed, and per repeat of an export that was skipped. extent is the
-- feed's when the batch was taken: a conclusion never depends on what feeds.toml says today. listed_at is the export's
-- time: batches of a feed with one time are parts of one export, and is_closing says that with this one it is whole.
-- listing_batch_id is the batch whose rows say what is listed: itself, or for a repeat the one that loaded the content.
CREATE TABLE batch_listing (
    batch_id BIGINT NOT NULL,
    feed VARCHAR NOT NULL,
    extent VARCHAR NOT NULL,
    listed_at TIMESTAMPTZ NOT NULL,
    listing_batch_id BIGINT NOT NULL,
    is_closing BOOLEAN NOT NULL
);

-- Whether older exports listed all is not known, so nothing is missing in them.
INSERT INTO batch_listing
SELECT
    b.batch_id,
    b.feed,
    'delta' AS extent,
    b.as_of AS listed_at,
    b.batch_id AS listing_batch_id,
    FALSE AS is_closing
FROM batch AS b
WHERE b.status = 'loaded' AND b.kind IN ('ingest', 'replay') AND b.feed IS NOT NULL AND b.as_of IS NOT NULL;

-- Grain: one row per listing that stands: the batch with the rows was not undone.
CREATE VIEW standing_listing AS
SELECT l.*
FROM batch_listing AS l
WHERE l.listing_batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE s.status = 'undone');
