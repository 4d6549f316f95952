-- Purpose: the empty table that the turns of this batch are dealt into.
-- Grain: one row per lead that takes a turn. Reads: nothing. Writes: dealt_turn. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE dealt_turn (
    lead_id BIGINT NOT NULL,
    assignedTo VARCHAR NOT NULL,
    pool VARCHAR NOT NULL
);
