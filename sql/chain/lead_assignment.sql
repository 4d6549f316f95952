-- Purpose: whose batches made leads, and why.
-- Grain: one row per row of theirs. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT. Reads: lead_assignment. Writes: nothing. Caller: flows/chain.py.

SELECT
    a.batch_id,
    a.lead_id AS key,
    a.teamId,
    a.leadSourceId,
    a.assignedTo,
    a.team_rule,
    a.source_rule,
    a.owner_rule,
    a.round,
    a.candidates::VARCHAR AS candidates
FROM lead_assignment AS a
WHERE a.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY a.batch_id, a.lead_id, a.round;
