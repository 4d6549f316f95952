-- Purpose: the empty tables that leads and their contacts are concluded into.
-- Grain: concluded one row per lead, with what it keeps of its time before this batch (load/write_leads.sql);
--   concluded_contact one per lead, kind, value; newcomer one per lead that is new and has one row.
-- Reads: lead, lead_contact. Writes: concluded, concluded_contact, newcomer. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE concluded AS
SELECT
    l.* EXCLUDE (missing_since, last_batch_id),
    NULL::TIMESTAMPTZ AS previous_updated_at,
    l.missing_since,
    l.last_batch_id AS previous_batch_id
FROM lead AS l
WHERE FALSE;

CREATE OR REPLACE TEMP TABLE concluded_contact AS FROM lead_contact WHERE FALSE;

CREATE OR REPLACE TEMP TABLE newcomer (
    lead_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL
);
