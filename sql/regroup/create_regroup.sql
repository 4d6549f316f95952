-- Purpose: the empty tables of a batch that decides anew who is whom, without a file: merge, unmerge, sweep.
-- Grain: new_decision one row per pair of source records that is decided; grouped_source one per source record of the
--   leads that this touches, with the person that it is of now.
-- Reads: nothing. Writes: new_decision, grouped_source. Caller: flows/regroup.py.

CREATE OR REPLACE TEMP TABLE new_decision (
    source_id BIGINT NOT NULL,
    other_source_id BIGINT NOT NULL,
    decision VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    weight DOUBLE,
    evidence JSON
);

CREATE OR REPLACE TEMP TABLE grouped_source (
    source_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    born_id BIGINT
);
