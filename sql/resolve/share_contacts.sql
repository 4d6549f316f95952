-- Purpose: the e-mail addresses and phone numbers of new versions that another source record carries too, in the
--   batch or in the warehouse, and whose they are there.
-- Grain: shared_contact one row per kind and value; contact_source one row per source record of the warehouse.
-- Reads: staged_contact, staged_version, record_contact. Writes: shared_contact, contact_source.
-- Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE shared_contact AS
WITH new_contact AS (
    SELECT
        c.kind,
        c.value,
        v.source_id
    FROM staged_contact AS c
    INNER JOIN staged_version AS v ON v.row_number = c.row_number
    -- A phone that no numbering plan knows still tells who somebody is, if it is a number at all; `ask reception` is
    -- everybody's, and so is what stands in the place of an e-mail address (design 5.9).
    WHERE
        v.is_new
        AND (c.is_valid OR (c.kind = 'phone' AND length(regexp_replace(c.value, '[^0-9]', '', 'g')) >= 7))
)

SELECT
    n.kind,
    n.value
FROM new_contact AS n
GROUP BY n.kind, n.value
HAVING min(n.source_id) < max(n.source_id)
UNION
SELECT
    n.kind,
    n.value
FROM new_contact AS n
INNER JOIN record_contact AS k ON k.kind = n.kind AND k.value = n.value
WHERE k.source_id <> n.source_id;

CREATE OR REPLACE TEMP TABLE contact_source AS
SELECT DISTINCT k.source_id
FROM shared_contact AS h
INNER JOIN record_contact AS k ON k.kind = h.kind AND k.value = h.value;
