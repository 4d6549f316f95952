-- Purpose: how many source records there are, the staged ones included, and so how likely any two are one person.
-- Grain: one row. Parameters: none. Reads: record_lead, staged_source. Writes: nothing. Caller: flows/steps/resolve.py.

SELECT
    (SELECT count(*) FROM record_lead)
    + (SELECT count(*) FROM staged_source AS s WHERE s.known_lead_id IS NULL) AS source_count;
