-- Purpose: the stages of the sales process as last used, beside the other reference data: reports order the funnel
--   by them and tell open leads from won and lost ones.

-- Grain: one row per stage of stages.csv; kind is 'open', 'won' or 'lost'.
CREATE TABLE stage (
    processStage VARCHAR NOT NULL,
    "order" BIGINT NOT NULL,
    kind VARCHAR NOT NULL
);
