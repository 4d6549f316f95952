-- Purpose: what speaks against joining people (design 5.7): a CRM id, application ids, companies, and owners or teams
--   that the CRM or somebody by hand gave; and how many different things its records say of who it is.
-- Grain: one row per person that takes part in an exact or a weighed match. Parameters: none.
-- Reads: match_edge, weighed_edge, staged_source, staged_version, staged_lead, staged_identity, this_batch, lead,
--   record, record_lead, record_identity, lead_assignment. Writes: nothing. Caller: flows/steps/resolve.py.

WITH node AS (
    SELECT e.node FROM match_edge AS e
    UNION
    SELECT e.other_node AS node FROM match_edge AS e
    UNION
    SELECT w.node FROM weighed_edge AS w
    UNION
    SELECT w.other_node AS node FROM weighed_edge AS w
),

by_hand AS (
    SELECT
        a.lead_id,
        arg_max(a.assignedTo, a.batch_id) FILTER (WHERE a.owner_rule IN ('trusted', 'reassigned')) AS owner
    FROM lead_assignment AS a
    WHERE a.lead_id IN (SELECT n.node FROM node AS n)
    GROUP BY a.lead_id
),

trait AS (
    SELECT
        s.node,
        s.crm_id,
        s.application_id,
        i.first_name,
        i.last_name,
        i.company,
        CASE WHEN b.origin = 'crm' THEN l.assignedTo END AS owner,
        CASE WHEN b.origin = 'crm' THEN l.teamId END AS team_id,
        s.source_id
    FROM staged_source AS s
    INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
    INNER JOIN staged_lead AS l ON l.row_number = v.row_number
    INNER JOIN staged_identity AS i ON i.record_id = v.record_id
    CROSS JOIN this_batch AS b
    WHERE s.node IN (SELECT n.node FROM node AS n)
    UNION ALL
    SELECT
        l.id AS node,
        -- A CRM record without an id makes a CRM lead whose id is ours to give up.
        CASE WHEN l.id IN (SELECT r.id FROM record AS r) THEN l.id END AS crm_id,
        l.applicationId AS application_id,
        NULL AS first_name,
        NULL AS last_name,
        NULL AS company,
        CASE WHEN l.origin = 'crm' THEN l.assignedTo ELSE h.owner END AS owner,
        CASE WHEN l.origin = 'crm' THEN l.teamId END AS team_id,
        NULL AS source_id
    FROM lead AS l
    LEFT JOIN by_hand AS h ON h.lead_id = l.id
    WHERE l.id IN (SELECT n.node FROM node AS n)
    UNION ALL
    SELECT
        k.lead_id AS node,
        NULL AS crm_id,
        NULL AS application_id,
        i.first_name,
        i.last_name,
        i.company,
        NULL AS owner,
        NULL AS team_id,
        k.source_id
    FROM record_lead AS k
    INNER JOIN record_identity AS i ON i.source_id = k.source_id
    WHERE k.lead_id IN (SELECT n.node FROM node AS n)
)

SELECT
    t.node,
    count(DISTINCT {'source': t.source_id, 'first': t.first_name, 'last': t.last_name, 'company': t.company}) FILTER (
        WHERE t.source_id IS NOT NULL
    ) AS face_count,
    max(t.crm_id) AS crm_id,
    list_sort(list(DISTINCT t.application_id) FILTER (WHERE t.application_id IS NOT NULL)) AS application_ids,
    list_sort(list(DISTINCT t.company) FILTER (WHERE t.company IS NOT NULL)) AS companies,
    list_sort(list(DISTINCT t.owner) FILTER (WHERE t.owner IS NOT NULL)) AS owners,
    list_sort(list(DISTINCT t.team_id) FILTER (WHERE t.team_id IS NOT NULL)) AS team_ids
FROM trait AS t
GROUP BY t.node
ORDER BY t.node;
