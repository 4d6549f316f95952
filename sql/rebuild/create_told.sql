-- Purpose: the empty tables that what the older warehouse knows of a batch is put into, and the numbers given out before it.
-- Grain: told_mark and told_last_mark one row per kind of number; the others as the tables they are named for. is_erased marks what is of
--   people who were erased.
-- Reads: high_water, batch_row, lead_event, lead_assignment, rotation_round, rejected_row, rejected_sighting, match_decision,
--   contact_preference, lead_revision, batch_column.
-- Writes: told_mark, told_last_mark, told_row, told_event, told_assignment, told_round, told_rejected, told_sighting, told_decision,
--   told_preference, told_revision, told_column. Caller: flows/retold.py.

CREATE OR REPLACE TEMP TABLE told_mark AS FROM high_water;

CREATE OR REPLACE TEMP TABLE told_last_mark AS FROM high_water WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_row AS
SELECT
    w.*,
    FALSE AS is_erased
FROM batch_row AS w
WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_event AS
SELECT
    e.*,
    FALSE AS is_erased
FROM lead_event AS e
WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_assignment AS FROM lead_assignment WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_round AS FROM rotation_round WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_rejected AS FROM rejected_row WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_sighting AS FROM rejected_sighting WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_decision AS FROM match_decision WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_preference AS FROM contact_preference WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_revision AS FROM lead_revision WHERE FALSE;

CREATE OR REPLACE TEMP TABLE told_column AS FROM batch_column WHERE FALSE;
