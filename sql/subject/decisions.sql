-- Purpose: how a person's records were found to be one person's; of others who were compared with them nothing is told.
-- Grain: one row per decision. Parameters: none. Reads: erased_record, match_decision, batch. Writes: nothing. Caller: flows/subject.py.

SELECT
    b.finished_at AS decided_at,
    d.decision,
    d.rule,
    d.weight
FROM match_decision AS d
INNER JOIN batch AS b ON b.batch_id = d.batch_id
WHERE
    d.record_id IN (SELECT e.record_id FROM erased_record AS e)
    OR d.other_record_id IN (SELECT e.record_id FROM erased_record AS e)
ORDER BY d.batch_id, d.record_id, d.other_record_id;
