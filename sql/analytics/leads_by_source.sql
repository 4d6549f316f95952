-- Purpose: where leads come from, and what becomes of them.
-- Grain: one row per account, team, lead source (or, where a lead has none, text of `source`) and origin.
-- Columns:
--   accountId          account (tenant)
--   teamId             team of the leads; NULL: none
--   team_name          its name; NULL: not in teams.csv
--   leadSourceId       lead source; NULL: none
--   lead_source_name   its name; NULL: not in lead_sources.csv
--   source             the first-touch text, only where there is no leadSourceId; NULL: none
--   origin             crm: the CRM has the lead; vendor: only vendors have given it
--   lead_count         leads, neither archived nor missing
--   owned_count        of these, leads that have an owner
--   won_count          of these, leads in a stage that stages.csv calls won
--   lost_count         of these, leads in a stage that stages.csv calls lost
--   archived_count     archived leads, not missing
--   missing_count      leads that the CRM's exports no longer list
--   last_created_at    when the newest of the leads that are not missing was created
-- Example: SELECT coalesce(lead_source_name, source) AS source, sum(lead_count) AS leads, sum(won_count) AS won
--   FROM leads_by_source GROUP BY ALL ORDER BY won DESC shows which sources bring leads that are won.
-- Reads: lead, stage, team, lead_source. Writes: leads_by_source. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW leads_by_source AS
WITH counted AS (
    SELECT
        l.accountId,
        l.teamId,
        l.leadSourceId,
        CASE WHEN l.leadSourceId IS NULL THEN l.source END AS source,
        l.origin,
        l.processStage,
        count(*) FILTER (WHERE l.missing_since IS NULL AND l.archived IS NOT TRUE) AS lead_count,
        count(l.assignedTo) FILTER (WHERE l.missing_since IS NULL AND l.archived IS NOT TRUE) AS owned_count,
        count(*) FILTER (WHERE l.missing_since IS NULL AND l.archived) AS archived_count,
        count(*) FILTER (WHERE l.missing_since IS NOT NULL) AS missing_count,
        max(l.createdAt) FILTER (WHERE l.missing_since IS NULL) AS last_created_at
    FROM lead AS l
    GROUP BY
        l.accountId,
        l.teamId,
        l.leadSourceId,
        CASE WHEN l.leadSourceId IS NULL THEN l.source END,
        l.origin,
        l.processStage
)

SELECT
    c.accountId,
    c.teamId,
    any_value(t.name) AS team_name,
    c.leadSourceId,
    any_value(n.name) AS lead_source_name,
    c.source,
    c.origin,
    sum(c.lead_count)::BIGINT AS lead_count,
    sum(c.owned_count)::BIGINT AS owned_count,
    coalesce(sum(c.lead_count) FILTER (WHERE s.kind = 'won'), 0)::BIGINT AS won_count,
    coalesce(sum(c.lead_count) FILTER (WHERE s.kind = 'lost'), 0)::BIGINT AS lost_count,
    sum(c.archived_count)::BIGINT AS archived_count,
    sum(c.missing_count)::BIGINT AS missing_count,
    max(c.last_created_at) AS last_created_at
FROM counted AS c
LEFT JOIN stage AS s ON lower(s.processStage) = lower(c.processStage)
LEFT JOIN team AS t ON t.teamId = c.teamId
LEFT JOIN lead_source AS n ON n.leadSourceId = c.leadSourceId
GROUP BY c.accountId, c.teamId, c.leadSourceId, c.source, c.origin;
