-- Purpose: give no turn to leads that may be contacted by no channel at all (skip_opted_out of routing.toml).
-- Grain: one row per such lead. Reads: staged_person, staged_source, record_contact, lead_contact, standing_preference.
-- Writes: proposed_assignment. Caller: flows/steps/assign.py.

UPDATE proposed_assignment
SET
    needs_turn = FALSE,
    no_turn_rule = 'unassigned_opted_out'
WHERE
    needs_turn
    AND lead_id IN (
        SELECT c.lead_id
        FROM (
            SELECT
                p.lead_id,
                r.value
            FROM staged_person AS p
            INNER JOIN staged_source AS s ON s.person = p.person
            INNER JOIN record_contact AS r ON r.source_id = s.source_id
            WHERE r.value IN (SELECT o.value FROM standing_preference AS o)
            UNION ALL
            SELECT
                p.lead_id,
                k.value
            FROM staged_person AS p
            INNER JOIN lead_contact AS k ON k.lead_id IN (p.lead_id, p.previous_lead_id)
            WHERE k.value IN (SELECT o.value FROM standing_preference AS o)
        ) AS c
        INNER JOIN standing_preference AS o ON o.value = c.value AND o.is_out
        GROUP BY c.lead_id
        HAVING count(DISTINCT o.channel) = 3
    );
