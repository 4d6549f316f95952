-- Purpose: leads as they were: what `lead` showed before a batch changed it.

-- Grain: one row per lead and batch that changed or removed its row of `lead`, or that made a lead of this id again: the
-- row as it stood before that batch, until_batch_id. Where no row stood, all but the first two columns are NULL. A lead that
-- a batch brings for the first time leaves no version: first_batch_id says that it was not there before.
CREATE TABLE lead_version AS
SELECT
    l.id AS lead_id,
    l.last_batch_id AS until_batch_id,
    l.*
FROM lead AS l
WHERE FALSE;

ALTER TABLE lead_version ALTER COLUMN lead_id SET NOT NULL;

ALTER TABLE lead_version ALTER COLUMN until_batch_id SET NOT NULL;

-- What leads were before the newest batch of an older warehouse nobody kept.
INSERT INTO high_water
SELECT
    'version_batch_id' AS name,
    h.value
FROM high_water AS h
WHERE h.name = 'batch_id';
