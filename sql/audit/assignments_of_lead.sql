-- Purpose: all decisions on a lead's team, source and owner, also those made under ids that it had before.
-- Grain: one row per decision, the first one first. Parameters: $lead_id BIGINT.
-- Reads: assignment, lead_alias, batch, batch_status, team, lead_source. Writes: nothing.
-- Caller: flows/assignment_words.py.

SELECT
    a.batch_id,
    b.kind,
    b.feed,
    b.started_at,
    s.status = 'undone' AS is_undone,
    a.teamId || coalesce(' ' || t.name, '') AS team,
    a.team_rule,
    a.leadSourceId || coalesce(' ' || c.name, '') AS source,
    a.source_rule,
    a.assignedTo AS owner,
    a.owner_rule,
    a.pool::VARCHAR AS pool,
    a.candidates::VARCHAR AS candidates
FROM assignment AS a
LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
INNER JOIN batch AS b ON b.batch_id = a.batch_id
INNER JOIN batch_status AS s ON s.batch_id = a.batch_id
LEFT JOIN team AS t ON t.teamId = a.teamId
LEFT JOIN lead_source AS c ON c.leadSourceId = a.leadSourceId
WHERE
    coalesce(n.lead_id, a.lead_id) = (
        SELECT coalesce(max(k.lead_id), $lead_id)
        FROM lead_alias AS k
        WHERE k.alias_id = $lead_id
    )
ORDER BY a.batch_id, a.lead_id;
