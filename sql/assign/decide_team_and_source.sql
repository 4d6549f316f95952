-- Purpose: decide team and source of the touched leads, and who needs a turn. Team and source: what the CRM or a trusted
--   feed gives, else what was decided before, else for a new lead what assign/require_team_and_source.sql found. Owner:
--   what the CRM or a trusted feed gives, else the owner before, else for a new lead a given and known one; who is left
--   without takes a turn in the team's rotation, where the feed rotates and the lead is open.
-- Grain: one row per touched lead. no_turn_rule says why a lead without an owner takes no turn.
-- Reads: this_batch, staged_person, concluded, standing_assignment, new_person_team, lead, used_stage, used_team.
-- Writes: proposed_assignment. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE proposed_assignment AS
WITH decided AS (
    SELECT
        p.lead_id,
        p.first_row_number AS order_number,
        p.previous_lead_id,
        l.teamId AS previous_team_id,
        l.leadSourceId AS previous_source_id,
        l.assignedTo AS previous_owner,
        coalesce(c.teamId, a.teamId, n.team_id) AS teamId,
        CASE
            WHEN c.teamId IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.teamId IS NOT NULL THEN 'trusted'
            WHEN a.teamId IS NOT NULL THEN 'existing'
            ELSE coalesce(n.team_rule, 'none')
        END AS team_rule,
        CASE WHEN c.teamId IS NULL AND a.teamId IS NULL THEN n.team_candidates END AS team_candidates,
        coalesce(c.leadSourceId, a.leadSourceId, n.source_id) AS leadSourceId,
        CASE
            WHEN c.leadSourceId IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.leadSourceId IS NOT NULL THEN 'trusted'
            WHEN a.leadSourceId IS NOT NULL THEN 'existing'
            ELSE coalesce(n.source_rule, 'none')
        END AS source_rule,
        coalesce(c.assignedTo, a.assignedTo, n.given_owner) AS assignedTo,
        CASE
            WHEN c.assignedTo IS NOT NULL AND c.origin = 'crm' THEN 'crm'
            WHEN c.assignedTo IS NOT NULL THEN 'trusted'
            WHEN a.assignedTo IS NOT NULL THEN 'existing'
            WHEN n.given_owner IS NOT NULL THEN 'given'
        END AS owner_rule,
        t.fallback_owner,
        c.archived IS TRUE AS is_archived,
        -- Who was missing is back with this row, unless it is of an export before that.
        b.extent = 'full' AND coalesce(l.missing_since >= b.as_of, FALSE) AS is_missing,
        coalesce(s.kind, 'open') <> 'open' AS is_closed
    FROM staged_person AS p
    INNER JOIN concluded AS c ON c.id = p.lead_id
    CROSS JOIN this_batch AS b
    LEFT JOIN standing_assignment AS a ON a.lead_id = p.lead_id
    LEFT JOIN new_person_team AS n ON n.person = p.person
    LEFT JOIN lead AS l ON l.id = p.previous_lead_id
    LEFT JOIN used_team AS t ON t.teamId = coalesce(c.teamId, a.teamId, n.team_id)
    LEFT JOIN used_stage AS s ON lower(s.processStage) = lower(c.processStage)
),

judged AS (
    SELECT
        d.*,
        CASE
            WHEN d.teamId IS NULL THEN 'unassigned_no_team'
            WHEN NOT b.is_rotating THEN 'unassigned_no_rotation'
            WHEN d.is_archived THEN 'unassigned_archived'
            WHEN d.is_missing THEN 'unassigned_missing'
            WHEN d.is_closed THEN 'unassigned_closed'
        END AS no_turn_rule
    FROM decided AS d
    CROSS JOIN this_batch AS b
)

SELECT
    j.lead_id,
    j.order_number,
    j.previous_lead_id,
    j.previous_team_id,
    j.previous_source_id,
    j.previous_owner,
    j.teamId,
    j.team_rule,
    j.team_candidates,
    j.leadSourceId,
    j.source_rule,
    j.assignedTo,
    j.owner_rule,
    j.fallback_owner,
    NOT j.is_archived AND NOT j.is_missing AND NOT j.is_closed AS is_open,
    j.no_turn_rule,
    j.owner_rule IS NULL AND j.no_turn_rule IS NULL AS needs_turn
FROM judged AS j;
