-- Purpose: the empty tables that what is compared of the staged records is put into, and how a text is compared.
-- Grain: staged_identity one row per new version; staged_evidence_value one per version and evidence cell;
--   staged_block one per version and block.
-- Reads: record_identity, record_evidence, record_block. Writes: the temporary tables.
-- Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE staged_identity AS FROM record_identity WHERE FALSE;

CREATE OR REPLACE TEMP TABLE staged_evidence_value AS FROM record_evidence WHERE FALSE;

CREATE OR REPLACE TEMP TABLE staged_block AS FROM record_block WHERE FALSE;

CREATE OR REPLACE TEMP MACRO name_key(text) AS
    nullif(regexp_replace(lower(strip_accents(text)), '[^\p{L}\p{N}]+', '', 'g'), '');

CREATE OR REPLACE TEMP MACRO words_key(text) AS
    nullif(trim(regexp_replace(lower(strip_accents(text)), '[^\p{L}\p{N}]+', ' ', 'g')), '');
