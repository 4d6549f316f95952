-- Purpose: make room for the leads that are to be erased.
-- Grain: erased_lead one row per lead. Reads: nothing. Writes: erased_lead. Caller: flows/erase.py.

CREATE OR REPLACE TEMP TABLE erased_lead (
    lead_id BIGINT NOT NULL
);
