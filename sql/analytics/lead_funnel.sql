-- Purpose: where leads stand: how many are in each stage today, and how many got at least that far.
-- Grain: one row per account and processStage that any lead has.
-- Columns:
--   accountId        account (tenant)
--   processStage     the stage, spelt as in stages.csv where it is known there (capitals aside), else as the lead says;
--                    NULL: leads without a stage
--   stage_order      place in the funnel by stages.csv; NULL: not in stages.csv
--   stage_kind       open, won or lost by stages.csv; NULL: not in stages.csv
--   lead_count       leads, neither archived nor missing
--   lead_fraction    share (0 to 1) of the account's leads that are neither archived nor missing
--   reached_count    of these, leads that are in this stage or in a later open or won one: the funnel's width here.
--                    A lost lead counts nowhere, for nobody knows how far it got; NULL: lost or unknown stages
--   archived_count   archived leads, not missing
--   missing_count    leads that the CRM's exports no longer list
-- Example: SELECT processStage, lead_count, reached_count FROM lead_funnel WHERE accountId = 'acme' ORDER BY stage_order
--   shows the funnel from top to bottom; the fall of reached_count is what each stage loses to those before it.
-- Reads: lead, stage. Writes: lead_funnel. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW lead_funnel AS
WITH spelt AS (
    SELECT
        l.accountId,
        l.processStage,
        count(*) FILTER (WHERE l.missing_since IS NULL AND l.archived IS NOT TRUE) AS lead_count,
        count(*) FILTER (WHERE l.missing_since IS NULL AND l.archived) AS archived_count,
        count(*) FILTER (WHERE l.missing_since IS NOT NULL) AS missing_count
    FROM lead AS l
    GROUP BY l.accountId, l.processStage
),

staged AS (
    SELECT
        p.accountId,
        coalesce(s.processStage, p.processStage) AS processStage,
        any_value(s."order") AS stage_order,
        any_value(s.kind) AS stage_kind,
        sum(p.lead_count)::BIGINT AS lead_count,
        sum(p.archived_count)::BIGINT AS archived_count,
        sum(p.missing_count)::BIGINT AS missing_count
    FROM spelt AS p
    LEFT JOIN stage AS s ON lower(s.processStage) = lower(p.processStage)
    GROUP BY p.accountId, coalesce(s.processStage, p.processStage)
)

SELECT
    g.accountId,
    g.processStage,
    g.stage_order,
    g.stage_kind,
    g.lead_count,
    g.lead_count / nullif(sum(g.lead_count) OVER (PARTITION BY g.accountId), 0) AS lead_fraction,
    CASE
        WHEN g.stage_kind <> 'lost'
            THEN
                sum(g.lead_count) FILTER (WHERE g.stage_kind <> 'lost') OVER (
                    PARTITION BY g.accountId, g.stage_order IS NULL
                    ORDER BY g.stage_order DESC
                )::BIGINT
    END AS reached_count,
    g.archived_count,
    g.missing_count
FROM staged AS g;
