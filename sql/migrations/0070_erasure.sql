-- Purpose: know again who was erased, without keeping who it was (docs/erasure.md).

-- Grain: one row per way in which an erased person is known again. kind is 'contact' (a value that was nobody else's), 'named' (a
-- value with first and last name) or 'source' (feed and source_key); value_hash is an HMAC under the person key, which is not here.
CREATE TABLE erased_person (
    batch_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    value_hash VARCHAR NOT NULL
);
