-- Purpose: team and source of people that no lead exists of yet, and the requirement rules of the specification: a team
--   where the account has teams, a lead source where the team has lead sources, unless the feed skips the requirement;
--   a source that is given must be the team's. Team: given, else by rule, else the feed's. Source: given, else what the
--   text of `source` is a name or alias of, else the feed's. CRM rows are believed and never refused. A person is
--   refused with all its rows: a lead cannot be made from them.
-- Grain: new_person_team one row per new person; staged_rejected gains one row per refused record; refused people
--   leave staged_person.
-- Reads: this_batch, new_person, routed_person, routing_word, source_spelling, staged_person, staged_source,
--   staged_version, staged_lead, used_team, used_lead_source.
-- Writes: new_person_team, staged_rejected, staged_person, staged_source, staged_version. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE new_person_team AS
WITH with_team AS (
    SELECT
        n.person,
        n.account_id,
        n.given_team_id,
        n.given_source_id,
        n.given_owner,
        n.source_spelling,
        coalesce(n.given_team_id, r.team_id, b.team_id) AS team_id,
        CASE
            WHEN n.given_team_id IS NOT NULL THEN 'given'
            WHEN r.team_id IS NOT NULL THEN 'rule:' || w.name
            WHEN b.team_id IS NOT NULL THEN 'feed'
            ELSE 'none'
        END AS team_rule,
        -- Where a rule holds, that those before it do not goes without saying.
        CASE WHEN n.given_team_id IS NULL AND r.team_id IS NULL THEN w.candidates END AS team_candidates
    FROM new_person AS n
    LEFT JOIN routed_person AS r ON r.person = n.person
    LEFT JOIN routing_word AS w ON w.account_id = n.account_id AND w.rule IS NOT DISTINCT FROM r.rule
    CROSS JOIN this_batch AS b
),

-- A source counts where it is the team's own, and where nobody knows better.
with_source AS (
    SELECT
        w.*,
        b.has_sources AND w.team_id IS NOT NULL AND b.origin = 'vendor'
        AND w.given_source_id IS NOT NULL AND g.leadSourceId IS NULL AS has_foreign_source,
        coalesce(
            w.given_source_id,
            a.leadSourceId,
            CASE WHEN NOT b.has_sources OR f.leadSourceId IS NOT NULL THEN b.lead_source_id END
        ) AS source_id,
        CASE
            WHEN w.given_source_id IS NOT NULL THEN 'given'
            WHEN a.leadSourceId IS NOT NULL THEN 'alias'
            WHEN b.lead_source_id IS NOT NULL AND (NOT b.has_sources OR f.leadSourceId IS NOT NULL) THEN 'feed'
            ELSE 'none'
        END AS source_rule
    FROM with_team AS w
    CROSS JOIN this_batch AS b
    LEFT JOIN used_lead_source AS g ON g.leadSourceId = w.given_source_id AND g.teamId = w.team_id
    LEFT JOIN source_spelling AS a ON a.teamId = w.team_id AND a.spelling = w.source_spelling
    LEFT JOIN used_lead_source AS f ON f.leadSourceId = b.lead_source_id AND f.teamId = w.team_id
)

SELECT
    w.person,
    w.account_id,
    w.team_id,
    w.team_rule,
    w.team_candidates,
    w.given_source_id,
    w.source_id,
    w.source_rule,
    w.given_owner,
    w.has_foreign_source,
    b.origin = 'vendor' AND NOT b.skip_team_and_source_requirement AND w.team_id IS NULL
    AND w.account_id IN (
        SELECT coalesce(t.accountId, w.account_id) FROM used_team AS t WHERE t.active
    ) AS lacks_team,
    b.origin = 'vendor' AND NOT b.skip_team_and_source_requirement AND w.source_id IS NULL
    AND w.team_id IN (SELECT s.teamId FROM used_lead_source AS s WHERE s.active) AS lacks_source
FROM with_source AS w
CROSS JOIN this_batch AS b;

INSERT INTO staged_rejected
WITH team_called AS (
    SELECT
        t.teamId,
        t.accountId,
        t.active,
        t.teamId || coalesce(' ' || t.name, '') AS told
    FROM used_team AS t
),

source_called AS (
    SELECT
        s.leadSourceId,
        s.teamId,
        s.active,
        s.leadSourceId || coalesce(' ' || s.name, '') AS told
    FROM used_lead_source AS s
),

known_team AS (
    SELECT
        t.accountId,
        array_to_string(list(t.told ORDER BY t.teamId)[:10], ', ') AS told
    FROM team_called AS t
    WHERE t.active
    GROUP BY t.accountId
),

known_source AS (
    SELECT
        s.teamId,
        array_to_string(list(s.told ORDER BY s.leadSourceId)[:10], ', ') AS told
    FROM source_called AS s
    WHERE s.active
    GROUP BY s.teamId
),

refused AS (
    SELECT
        n.person,
        CASE
            WHEN n.lacks_team
                THEN
                    {
                        'column': 'teamId',
                        'code': 'team_required',
                        'message': 'the account has teams, and neither the row, a rule nor the feed names one; '
                        || 'known are ' || kt.told || '; set team_id for the feed or skip_team_and_source_requirement'
                    }
            WHEN n.has_foreign_source
                THEN
                    {
                        'column': 'leadSourceId',
                        'code': 'lead_source_unknown',
                        'message': 'lead source ' || coalesce(gs.told, n.given_source_id::VARCHAR) || ' belongs to '
                        || coalesce('team ' || gt.told, 'no team of lead_sources.csv') || ', the lead to team '
                        || coalesce(t.told, n.team_id::VARCHAR) || coalesce(', which has ' || ks.told, '')
                    }
            ELSE
                {
                    'column': 'leadSourceId',
                    'code': 'lead_source_required',
                    'message': 'the team has lead sources, and neither row nor feed names one; known are '
                    || ks.told || '; set lead_source_id for the feed or skip_team_and_source_requirement'
                }
        END AS reason
    FROM new_person_team AS n
    LEFT JOIN known_team AS kt ON kt.accountId = n.account_id
    LEFT JOIN known_source AS ks ON ks.teamId = n.team_id
    LEFT JOIN team_called AS t ON t.teamId = n.team_id
    LEFT JOIN source_called AS gs ON gs.leadSourceId = n.given_source_id
    LEFT JOIN team_called AS gt ON gt.teamId = gs.teamId
    WHERE n.lacks_team OR n.has_foreign_source OR n.lacks_source
)

SELECT
    l.row_number,
    l.line_number,
    l.source_key,
    NULL AS raw,
    [r.reason] AS reasons
FROM refused AS r
INNER JOIN staged_source AS s ON s.person = r.person
INNER JOIN staged_version AS v ON v.source_id = s.source_id
INNER JOIN staged_lead AS l ON l.row_number = v.row_number;

DELETE FROM staged_person
WHERE person IN (
    SELECT s.person
    FROM staged_source AS s
    INNER JOIN staged_version AS v ON v.source_id = s.source_id
    WHERE v.row_number IN (SELECT r.row_number FROM staged_rejected AS r)
);

DELETE FROM staged_source
WHERE person NOT IN (SELECT p.person FROM staged_person AS p);

DELETE FROM staged_version
WHERE row_number IN (SELECT r.row_number FROM staged_rejected AS r);
