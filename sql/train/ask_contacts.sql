-- Purpose: ask for the superseded contacts of the sampled source records, which are compared no more.
-- Grain: one row per source record. Reads: compared_source. Writes: contact_source. Caller: flows/training.py.

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT s.source_id
FROM compared_source AS s;
