-- Purpose: record one decision, with the rule behind each part, for every new lead, also one that is brought into being once
--   more, and for every lead whose team, source or owner is another than before.
-- Grain: lead_assignment one row per decision; candidates is a list of who or what else came into question, each with a
--   reason, where the decision was not routine. rotation_round one row per run of turns that the same members shared.
-- Reads: this_batch, proposed_assignment, dealt_turn, dealt_round, dealt_word, refused_word, company_owner, reinstated_person.
-- Writes: rotation_round, lead_assignment. Caller: flows/steps/assign.py.

INSERT INTO rotation_round
SELECT
    b.batch_id,
    d.round,
    d.pool,
    d.turn_on
FROM dealt_round AS d
CROSS JOIN this_batch AS b
ORDER BY d.round;

INSERT INTO lead_assignment
-- The owner of another lead of the company: known, or whoever took that lead's turn in this batch.
WITH of_company AS (
    SELECT
        c.lead_id,
        coalesce(c.assignedTo, d.assignedTo) AS assignedTo,
        '{"for": "owner", "candidate": "lead ' || c.leader_id || '", "reason": "same_company"}' AS candidates
    FROM company_owner AS c
    LEFT JOIN dealt_turn AS d ON d.lead_id = c.leader_id
),

decided AS (
    SELECT
        p.lead_id,
        p.previous_lead_id,
        p.previous_team_id,
        p.previous_source_id,
        p.previous_owner,
        p.teamId,
        p.leadSourceId,
        p.team_rule,
        p.source_rule,
        coalesce(
            p.assignedTo,
            d.assignedTo,
            k.assignedTo,
            CASE WHEN p.no_turn_rule IS NULL THEN p.fallback_owner END
        ) AS assignedTo,
        CASE
            WHEN p.owner_rule IS NOT NULL THEN p.owner_rule
            WHEN d.assignedTo IS NOT NULL THEN 'rotation'
            WHEN k.assignedTo IS NOT NULL THEN 'company'
            WHEN p.no_turn_rule IS NOT NULL THEN p.no_turn_rule
            WHEN p.fallback_owner IS NOT NULL THEN 'fallback'
            ELSE 'unassigned_no_member'
        END AS owner_rule,
        d.round,
        p.team_candidates,
        coalesce(
            w.candidates, k.candidates, CASE WHEN p.needs_turn AND d.round IS NULL THEN r.candidates END
        ) AS owner_candidates
    FROM proposed_assignment AS p
    LEFT JOIN dealt_turn AS d ON d.lead_id = p.lead_id
    LEFT JOIN dealt_word AS w ON w.round = d.round AND w.assignedTo = d.assignedTo
    LEFT JOIN of_company AS k ON k.lead_id = p.lead_id
    LEFT JOIN refused_word AS r ON r.team_id = p.teamId
)

SELECT
    b.batch_id,
    d.lead_id,
    d.teamId,
    d.leadSourceId,
    d.assignedTo,
    d.team_rule,
    d.source_rule,
    d.owner_rule,
    d.round,
    CASE
        WHEN coalesce(d.team_candidates, d.owner_candidates) IS NOT NULL
            THEN '[' || concat_ws(', ', d.team_candidates, d.owner_candidates) || ']'
    END AS candidates
FROM decided AS d
CROSS JOIN this_batch AS b
WHERE
    d.previous_lead_id IS NULL
    OR d.teamId IS DISTINCT FROM d.previous_team_id
    OR d.leadSourceId IS DISTINCT FROM d.previous_source_id
    OR d.assignedTo IS DISTINCT FROM d.previous_owner
    OR (
        d.previous_lead_id IN (SELECT r.previous_lead_id FROM reinstated_person AS r)
        AND (d.team_rule NOT IN ('crm', 'trusted') OR d.owner_rule NOT IN ('crm', 'trusted'))
    );
