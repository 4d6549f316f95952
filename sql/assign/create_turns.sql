-- Purpose: the empty tables that the turns of this batch are dealt into.
-- Grain: dealt_turn one row per lead that takes a turn; dealt_round one per run of turns that the same pool of a team
--   shared; dealt_word one per round and member, where taking the turn was not routine; refused_word one per team of
--   which somebody's lead found no member; company_owner one per lead that goes to the owner of another of its company.
-- Reads: nothing. Writes: dealt_turn, dealt_round, dealt_word, refused_word, company_owner.
-- Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE dealt_turn (
    lead_id BIGINT NOT NULL,
    round BIGINT NOT NULL,
    assignedTo VARCHAR NOT NULL
);

-- JSON here, so that it is looked at once for a round and not once for a lead.
CREATE OR REPLACE TEMP TABLE dealt_round (
    round BIGINT NOT NULL,
    pool JSON NOT NULL,
    turn_on DATE NOT NULL
);

CREATE OR REPLACE TEMP TABLE dealt_word (
    round BIGINT NOT NULL,
    assignedTo VARCHAR NOT NULL,
    candidates VARCHAR NOT NULL
);

CREATE OR REPLACE TEMP TABLE refused_word (
    team_id BIGINT NOT NULL,
    candidates VARCHAR NOT NULL
);

CREATE OR REPLACE TEMP TABLE company_owner (
    lead_id BIGINT NOT NULL,
    assignedTo VARCHAR,
    leader_id BIGINT NOT NULL
);
