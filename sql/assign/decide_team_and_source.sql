-- Purpose: decide team and source of the touched leads, and whose turn is needed. Team and source: what the CRM
--   gives, else what was decided before, else for a new lead what its rows give, else the feed's. Owner: what
--   the CRM or a trusted feed gives, else the owner before, else for a new lead a given and known one; who is
--   left without takes a turn in the team's rotation, where the feed rotates.
-- Grain: one row per touched lead.
-- Reads: this_batch, staged_person, concluded, standing_assignment, new_person_team.
-- Writes: proposed_assignment. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE proposed_assignment AS
WITH decided AS (
    SELECT
        p.lead_id,
        p.first_row_number,
        p.previous_lead_id,
        c.archived,
        coalesce(c.teamId, a.teamId, n.team_id) AS teamId,
        CASE
            WHEN c.teamId IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.teamId IS NOT NULL THEN 'trusted'
            WHEN a.teamId IS NOT NULL THEN 'existing'
            WHEN n.given_team_id IS NOT NULL THEN 'given'
            WHEN n.team_id IS NOT NULL THEN 'feed'
            ELSE 'none'
        END AS team_rule,
        coalesce(c.leadSourceId, a.leadSourceId, n.given_source_id, n.feed_source_id) AS leadSourceId,
        CASE
            WHEN c.leadSourceId IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.leadSourceId IS NOT NULL THEN 'trusted'
            WHEN a.leadSourceId IS NOT NULL THEN 'existing'
            WHEN n.given_source_id IS NOT NULL THEN 'given'
            WHEN n.feed_source_id IS NOT NULL THEN 'feed'
            ELSE 'none'
        END AS source_rule,
        coalesce(c.assignedTo, a.assignedTo, n.given_owner) AS assignedTo,
        CASE
            WHEN c.assignedTo IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.assignedTo IS NOT NULL THEN 'trusted'
            WHEN a.assignedTo IS NOT NULL THEN 'existing'
            WHEN n.given_owner IS NOT NULL THEN 'given'
        END AS owner_rule
    FROM staged_person AS p
    INNER JOIN concluded AS c ON c.id = p.lead_id
    LEFT JOIN standing_assignment AS a ON a.lead_id = p.lead_id
    LEFT JOIN new_person_team AS n ON n.person = p.person
)

SELECT
    d.lead_id,
    d.first_row_number,
    d.previous_lead_id,
    d.teamId,
    d.team_rule,
    d.leadSourceId,
    d.source_rule,
    d.assignedTo,
    d.owner_rule,
    d.owner_rule IS NULL AND b.is_rotating AND d.teamId IS NOT NULL AND d.archived IS NOT TRUE AS needs_turn
FROM decided AS d
CROSS JOIN this_batch AS b;
