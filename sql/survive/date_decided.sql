-- Purpose: date the leads that a batch without a file changed: they are as old as the newest word of a source on them,
--   and last changed by that batch. One that is dated otherwise than before stays as a version.
-- Grain: one row per touched lead. Reads: last_changes, touched_lead, concluded, this_batch.
-- Writes: dated_lead, lead_version, lead. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE dated_lead AS
SELECT
    h.lead_id,
    coalesce(c.updatedAt, h.as_of) AS updatedAt,
    h.batch_id
FROM last_changes('touched_lead') AS h
INNER JOIN concluded AS c ON c.id = h.lead_id;

-- As it stood before the batch: what the batch has put in place itself was never shown.
INSERT INTO lead_version BY NAME
SELECT
    l.id AS lead_id,
    b.batch_id AS until_batch_id,
    l.*
FROM lead AS l
INNER JOIN dated_lead AS d ON d.lead_id = l.id
CROSS JOIN this_batch AS b
WHERE
    (l.updatedAt IS DISTINCT FROM d.updatedAt OR l.last_batch_id <> d.batch_id)
    AND l.id NOT IN (SELECT v.lead_id FROM lead_version AS v WHERE v.until_batch_id = b.batch_id);

UPDATE lead
SET
    updatedAt = d.updatedAt,
    last_batch_id = d.batch_id
FROM dated_lead AS d
WHERE lead.id = d.lead_id;
