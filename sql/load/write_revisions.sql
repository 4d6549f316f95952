-- Purpose: record which leads the batch changed without a row of theirs, so that it can be told when they last changed.
-- Grain: one row per source record of such a lead.
-- Reads: this_batch, lead_outcome, touched_lead, record_lead, parted_source. Writes: lead_revision. Caller: flows/steps/load.py.

INSERT INTO lead_revision
SELECT
    b.batch_id,
    l.source_id
FROM touched_lead AS t
INNER JOIN lead_outcome AS o ON o.lead_id = t.lead_id AND o.outcome = 'updated'
INNER JOIN record_lead AS l ON l.lead_id = t.lead_id
CROSS JOIN this_batch AS b
WHERE t.first_row_number IS NULL OR b.kind IN ('undo', 'merge', 'unmerge', 'sweep', 'reassign')
UNION ALL
SELECT
    b.batch_id,
    s.source_id
FROM parted_source AS s
CROSS JOIN this_batch AS b;
