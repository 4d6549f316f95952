-- Purpose: what contact_preference lacks to be asked by value and to be found by batch, and which key its hashes are of.

-- kind is 'email' or 'phone'; value is the contact as lead_contact has it, NULL once its person was erased: the hash stays.
-- status is 'out' or 'in'. noted_at is when the source first said it; last_noted_at when it last said the same, and the
-- only column that changes (like rejected_row.seen_count). row_number is NULL where no file said it.
ALTER TABLE contact_preference ADD COLUMN kind VARCHAR;

ALTER TABLE contact_preference ADD COLUMN value VARCHAR;

ALTER TABLE contact_preference ADD COLUMN last_noted_at TIMESTAMPTZ;

ALTER TABLE contact_preference ADD COLUMN batch_id BIGINT;

ALTER TABLE contact_preference ADD COLUMN row_number BIGINT;

-- Grain: at most one row: a digest by which the key of value_hash is known again; the key itself is kept elsewhere.
CREATE TABLE person_key (
    fingerprint VARCHAR NOT NULL
);
