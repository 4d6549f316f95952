-- Purpose: the versions that stand of the touched leads, and what is said of a lead by a single one.
-- Grain: standing_version one row per version; said_once one per lead that is not concluded yet and has only one.
-- Reads: touched_lead, record_lead, record, batch_belief, withdrawn_record, newcomer.
-- Writes: standing_version, said_once. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE standing_version AS
SELECT
    t.lead_id,
    r.record_id,
    r.source_id,
    r.batch_id,
    coalesce(r.source_updated_at, r.as_of) AS version_at
FROM touched_lead AS t
INNER JOIN record_lead AS l ON l.lead_id = t.lead_id
INNER JOIN record AS r ON r.source_id = l.source_id
WHERE r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w);

CREATE OR REPLACE TEMP VIEW said_once AS
WITH only_version AS (
    SELECT
        v.lead_id,
        min(v.record_id) AS record_id
    FROM standing_version AS v
    WHERE v.lead_id NOT IN (SELECT n.lead_id FROM newcomer AS n)
    GROUP BY v.lead_id
    HAVING count(*) = 1
)

SELECT
    o.lead_id,
    r.*,
    k.teamId < 3 AS gives_team,
    k.leadSourceId < 3 AS gives_source,
    k.assignedTo < 3 AS gives_owner,
    k.id = 0 AS is_crm
FROM only_version AS o
INNER JOIN record AS r ON r.record_id = o.record_id
INNER JOIN batch_belief AS k ON k.batch_id = r.batch_id;
