-- Purpose: what batches without a file were asked, so that a warehouse can be built anew: which pairs, which lead and records, whether a
--   sweep compared all, whose leads were handed over. What follows from it is in the other tables.

-- Grain: one row per merge, unmerge, sweep and reassign. An undo is asked nothing but of_batch_id.
CREATE TABLE batch_request (
    batch_id BIGINT NOT NULL,
    request JSON NOT NULL
);
