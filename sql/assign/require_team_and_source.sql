-- Purpose: the requirement rules of the specification, for people that no lead exists of yet: a team where the
--   account has teams, a lead source where the team has lead sources, unless the feed skips the requirement. CRM
--   rows are believed and never refused. A person is refused with all its rows: a lead cannot be made from them.
-- Grain: new_person_team one row per new person; staged_rejected gains one row per refused record; refused people
--   leave staged_person.
-- Reads: this_batch, staged_person, staged_source, staged_version, staged_lead, used_team, used_lead_source.
-- Writes: new_person_team, staged_rejected, staged_person. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE new_person_team AS
WITH given AS (
    SELECT
        s.person,
        any_value(s.account_id) AS account_id,
        arg_min(l.teamId, v.row_number) AS given_team_id,
        arg_min(l.leadSourceId, v.row_number) AS given_source_id,
        arg_min(l.assignedTo, v.row_number) AS given_owner
    FROM staged_person AS p
    INNER JOIN staged_source AS s ON s.person = p.person
    INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
    INNER JOIN staged_lead AS l ON l.row_number = v.row_number
    WHERE p.previous_lead_id IS NULL
    GROUP BY s.person
),

with_team AS (
    SELECT
        g.*,
        coalesce(g.given_team_id, b.team_id) AS team_id
    FROM given AS g
    CROSS JOIN this_batch AS b
)

SELECT
    w.person,
    w.given_team_id,
    w.given_owner,
    w.team_id,
    CASE
        WHEN b.origin = 'crm' OR NOT b.has_sources OR w.team_id IS NULL THEN w.given_source_id
        WHEN w.given_source_id IN (SELECT s.leadSourceId FROM used_lead_source AS s WHERE s.teamId = w.team_id)
            THEN w.given_source_id
    END AS given_source_id,
    CASE
        WHEN NOT b.has_sources THEN b.lead_source_id
        WHEN b.lead_source_id IN (SELECT s.leadSourceId FROM used_lead_source AS s WHERE s.teamId = w.team_id)
            THEN b.lead_source_id
    END AS feed_source_id,
    b.origin = 'vendor' AND NOT b.skip_team_and_source_requirement AND EXISTS (
        SELECT 1
        FROM used_team AS t
        WHERE t.active AND coalesce(t.accountId, w.account_id) = w.account_id
    ) AS needs_team,
    b.origin = 'vendor' AND NOT b.skip_team_and_source_requirement AND EXISTS (
        SELECT 1
        FROM used_lead_source AS s
        WHERE s.active AND s.teamId = w.team_id
    ) AS needs_source
FROM with_team AS w
CROSS JOIN this_batch AS b;

INSERT INTO staged_rejected
SELECT
    l.row_number,
    l.line_number,
    l.source_key,
    NULL AS raw,
    CASE
        WHEN n.needs_team AND n.team_id IS NULL
            THEN
                [
                    {
                        'column': 'teamId',
                        'code': 'team_required',
                        'message': 'the account has teams and neither the row nor the feed names one; '
                        || 'set team_id for the feed or skip_team_and_source_requirement'
                    }
                ]
        ELSE
            [
                {
                    'column': 'leadSourceId',
                    'code': 'lead_source_required',
                    'message': 'the team has lead sources and neither the row nor the feed names one of them; '
                    || 'set lead_source_id for the feed or skip_team_and_source_requirement'
                }
            ]
    END AS reasons
FROM new_person_team AS n
INNER JOIN staged_source AS s ON s.person = n.person
INNER JOIN staged_version AS v ON v.source_id = s.source_id
INNER JOIN staged_lead AS l ON l.row_number = v.row_number
WHERE
    (n.needs_team AND n.team_id IS NULL)
    OR (n.needs_source AND n.given_source_id IS NULL AND n.feed_source_id IS NULL);

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
