-- Purpose: the reference data that each batch used can be given back: batch.reference_sha256 names its version.

-- Grain: one row per version and file, with the bytes of the file. do_not_load.csv is left out: who asked to be forgotten
-- must not be remembered here.
CREATE TABLE reference_version (
    reference_sha256 VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    content BLOB NOT NULL
);
