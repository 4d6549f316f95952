-- Purpose: the empty tables that the joining of pairs into people is staged in.
-- Grain: match_cluster one row per person that takes part in a match; match_refusal one per pair kept apart.
-- Reads: nothing. Writes: match_cluster, match_refusal. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE match_cluster (
    node BIGINT NOT NULL,
    person BIGINT NOT NULL
);

CREATE OR REPLACE TEMP TABLE match_refusal (
    node BIGINT NOT NULL,
    other_node BIGINT NOT NULL,
    rule VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);
