-- Purpose: the people that are new and have one row in the batch: most of a first load. What they are follows from
--   what is staged alone, so they are concluded from it, before the transaction begins.
-- Grain: newcomer and said_once one row per such lead.
-- Reads: this_batch, this_belief, staged_person, staged_source, staged_version, staged_lead.
-- Writes: newcomer, said_once. Caller: flows/steps/survive.py.

INSERT INTO newcomer
SELECT
    p.lead_id,
    min(v.row_number) AS row_number
FROM staged_person AS p
INNER JOIN staged_source AS s ON s.person = p.person
INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
WHERE p.previous_lead_id IS NULL
GROUP BY p.lead_id
HAVING count(*) = 1;

CREATE OR REPLACE TEMP VIEW said_once AS
SELECT
    n.lead_id,
    s.*,
    b.as_of,
    b.batch_id,
    k.teamId < 3 AS gives_team,
    k.leadSourceId < 3 AS gives_source,
    k.assignedTo < 3 AS gives_owner,
    k.id = 0 AS is_crm
FROM newcomer AS n
INNER JOIN staged_lead AS s ON s.row_number = n.row_number
CROSS JOIN this_batch AS b
CROSS JOIN this_belief AS k;
