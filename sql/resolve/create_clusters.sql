-- Purpose: the empty tables that the joining of pairs into people is staged in.
-- Grain: weighed_edge one row per pair of people whose records were weighed; match_cluster one per person that takes
--   part in a match; match_refusal one per exact pair kept apart; weighed_decision one per weighed pair that joined two
--   people, or that somebody should look at.
-- Reads: nothing. Writes: weighed_edge, match_cluster, match_refusal, weighed_decision. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE weighed_edge (
    node BIGINT NOT NULL,
    other_node BIGINT NOT NULL
);

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

CREATE OR REPLACE TEMP TABLE weighed_decision (
    node BIGINT NOT NULL,
    other_node BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    other_source_id BIGINT NOT NULL,
    decision VARCHAR NOT NULL,
    reason VARCHAR,
    weight DOUBLE NOT NULL,
    evidence JSON
);
