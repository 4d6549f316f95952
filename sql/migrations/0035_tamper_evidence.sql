-- Purpose: make a change of what the audit tables and record say show (docs/tamper-evidence.md): a salted digest of what the
--   warehouse keeps of what each row said, and of what a batch said of each lead. batch.hash is taken over them.
-- Rules: who is erased loses content and salt, and the digest stays: without its salt it tells nothing, and all hashes stay true.

-- Grain: one row per row of a batch that brought a version, has cell issues, or was rejected. digest is the SHA-256 of salt and text (chain/row_contents.sql).
CREATE TABLE row_seal (
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    salt BLOB,
    digest BLOB NOT NULL
);

-- Grain: one row per batch and lead of which it logged changes or decided who it is (chain/lead_contents.sql). lead_id is the lead's;
-- of a decision that was made before its record had a lead it is the record_id, negative.
CREATE TABLE lead_seal (
    batch_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    salt BLOB,
    digest BLOB NOT NULL
);
