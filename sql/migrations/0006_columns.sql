-- Purpose: what a feed remembers of its exports, so that a column that comes, goes or runs dry is noticed.

-- Grain: one row per batch that loaded an export and column of it, in the order of the file. field is the field of the
-- specification that it was taken for, NULL where it was kept in extra. filled_count of the row_count rows say anything.
CREATE TABLE batch_column (
    batch_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    header VARCHAR NOT NULL,
    field VARCHAR,
    filled_count BIGINT NOT NULL,
    row_count BIGINT NOT NULL
);
