-- Purpose: the versions that stand of the touched leads (standing_versions), and what is said of a lead by a single one.
-- Grain: standing_version one row per version; said_once one per lead that is not concluded yet and has only one.
-- Reads: touched_lead, standing_versions, standing_record, batch_belief, newcomer.
-- Writes: standing_version, said_once. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE standing_version AS
FROM standing_versions('touched_lead');

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
INNER JOIN standing_record AS r ON r.record_id = o.record_id
INNER JOIN batch_belief AS k ON k.batch_id = r.batch_id;
