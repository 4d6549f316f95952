-- Purpose: the empty tables that the turns of this batch are dealt into.
-- Grain: dealt_turn one row per lead that takes a turn; dealt_pool one per team whose members share turns.
-- Reads: nothing. Writes: dealt_turn, dealt_pool. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE dealt_turn (
    lead_id BIGINT NOT NULL,
    assignedTo VARCHAR NOT NULL
);

CREATE OR REPLACE TEMP TABLE dealt_pool (
    team_id BIGINT NOT NULL,
    pool JSON NOT NULL
);
