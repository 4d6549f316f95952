-- Purpose: which lead each person that is new among the touched ones was part of.
-- Grain: one row per such person. Reads: grouped_source, record_lead, lead. Writes: parted_from.
-- Caller: flows/regroup.py.

INSERT INTO parted_from
SELECT
    g.lead_id,
    min(l.lead_id) AS previous_id
FROM grouped_source AS g
INNER JOIN record_lead AS l ON l.source_id = g.source_id
WHERE g.lead_id <> l.lead_id AND g.lead_id NOT IN (SELECT d.id FROM lead AS d)
GROUP BY g.lead_id;
