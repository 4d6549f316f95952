-- Purpose: what the undo did.
-- Grain: one row. Parameters: none.
-- Reads: removed_lead, lead_outcome, undone_batch, lead_assignment, this_batch. Writes: nothing. Caller: flows/undo.py.

SELECT
    (SELECT count(*) FROM removed_lead) AS leads_removed,
    (SELECT count(*) FROM lead_outcome AS o WHERE o.outcome = 'updated') AS leads_changed,
    (SELECT count(*) FROM lead_outcome AS o WHERE o.outcome = 'inserted') AS leads_revived,
    (SELECT count(*) FROM lead_outcome AS o WHERE o.outcome = 'unchanged') AS leads_unchanged,
    (SELECT count(*) FROM lead_assignment AS a INNER JOIN undone_batch AS u ON u.batch_id = a.batch_id)
        AS assignments_withdrawn,
    (SELECT count(*) FROM lead_assignment AS a INNER JOIN this_batch AS b ON b.batch_id = a.batch_id)
        AS assignments_made;
