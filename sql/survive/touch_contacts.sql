-- Purpose: the source records whose contacts are concluded: those of the touched leads of which several versions
--   stand, for of a single version nothing is superseded.
-- Grain: one row per source record. Reads: standing_version. Writes: contact_source. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT v.source_id
FROM standing_version AS v
GROUP BY v.source_id
HAVING count(*) > 1;
