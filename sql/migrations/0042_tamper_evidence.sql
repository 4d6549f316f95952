-- Purpose: make a change of what the audit tables and record say show (docs/tamper-evidence.md): salted digests of all that a
--   batch wrote, in blocks of rows. batch.hash is taken over them.
-- Rules: who is erased loses content, and the block its salt: without it the digest tells nothing, and stays. The batch that
--   erases seals anew what is left of the block, and its own hash is of that.

-- Grain: one row per block of the rows that a batch wrote in a table (part, sql/chain/PART.sql), and per sealing of it. A block has the
-- rows of a batch up to last_key, the last one all that come after. digest is the SHA-256 of salt and rows (flows/chain.py);
-- the newest of a block holds, sealed_by being the batch that took it.
CREATE TABLE seal (
    batch_id BIGINT NOT NULL,
    part VARCHAR NOT NULL,
    last_key BIGINT NOT NULL,
    salt BLOB,
    digest BLOB NOT NULL,
    sealed_by BIGINT NOT NULL
);
