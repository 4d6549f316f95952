-- Purpose: the leads of a handover that are ours to hand over: each needs a turn in its team. What the CRM or a trusted
--   feed says of the owner is believed, so such leads stay, to be handed over where that is said.
-- Grain: one row per lead that needs a turn.
-- Reads: staged_person, concluded, lead. Writes: proposed_assignment. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE proposed_assignment AS
SELECT
    p.lead_id,
    p.first_row_number AS order_number,
    p.previous_lead_id,
    l.teamId AS previous_team_id,
    l.leadSourceId AS previous_source_id,
    l.assignedTo AS previous_owner,
    l.teamId,
    'existing' AS team_rule,
    NULL::VARCHAR AS team_candidates,
    l.leadSourceId,
    'existing' AS source_rule,
    NULL::VARCHAR AS assignedTo,
    NULL::VARCHAR AS owner_rule,
    TRUE AS is_open,
    NULL::VARCHAR AS no_turn_rule,
    TRUE AS needs_turn
FROM staged_person AS p
INNER JOIN concluded AS c ON c.id = p.lead_id
INNER JOIN lead AS l ON l.id = p.lead_id
WHERE c.assignedTo IS NULL AND l.teamId IS NOT NULL;
