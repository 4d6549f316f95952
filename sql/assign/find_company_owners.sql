-- Purpose: where routing.toml says company_owner: the leads that need a turn and go instead to the owner of another lead
--   of their company, of the same account and team: the oldest such lead whose owner can take leads today, else the first
--   of the company in this batch, which takes a turn for all of them. Companies are compared without case, accents and
--   punctuation.
-- Grain: company_owner one row per such lead; leader_id is the lead whose owner counts, assignedTo NULL where that one
--   still takes its turn.
-- Reads: this_batch, proposed_assignment, concluded, lead, used_user, used_team, absence.
-- Writes: company_owner, proposed_assignment. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP MACRO company_key(company) AS
    nullif(regexp_replace(lower(strip_accents(company)), '[^\p{L}\p{N}]+', '', 'g'), '');

INSERT INTO company_owner
WITH proposed AS (
    SELECT
        p.lead_id,
        p.order_number,
        p.teamId,
        p.assignedTo,
        p.needs_turn,
        c.accountId,
        company_key(c.company) AS company
    FROM proposed_assignment AS p
    INNER JOIN concluded AS c ON c.id = p.lead_id
    WHERE company_key(c.company) IS NOT NULL
),

seeking AS (
    SELECT s.*
    FROM proposed AS s
    WHERE s.needs_turn
),

owned AS (
    SELECT
        l.id AS lead_id,
        l.accountId,
        l.teamId,
        l.assignedTo,
        company_key(l.company) AS company,
        l.createdAt AS known_at
    FROM lead AS l
    WHERE l.assignedTo IS NOT NULL AND l.missing_since IS NULL AND l.archived IS NOT TRUE
    UNION ALL
    SELECT
        s.lead_id,
        s.accountId,
        s.teamId,
        s.assignedTo,
        s.company,
        'infinity'::TIMESTAMPTZ AS known_at
    FROM proposed AS s
    WHERE s.assignedTo IS NOT NULL
),

able AS (
    SELECT o.*
    FROM owned AS o
    LEFT JOIN used_user AS u ON u.user = o.assignedTo
    LEFT JOIN used_team AS t ON t.teamId = o.teamId
    CROSS JOIN this_batch AS b
    WHERE
        coalesce(u.active, NOT EXISTS (SELECT 1 FROM used_user))
        AND NOT EXISTS (
            SELECT 1
            FROM absence AS a
            WHERE
                a.user = o.assignedTo
                AND (b.started_at AT TIME ZONE coalesce(t.timezone, 'UTC'))::DATE
                BETWEEN a.first_on AND coalesce(a.last_on, 'infinity'::DATE)
        )
),

owner AS (
    SELECT
        s.lead_id,
        arg_min(a.assignedTo, (a.known_at, a.lead_id)) AS assignedTo,
        arg_min(a.lead_id, (a.known_at, a.lead_id)) AS leader_id
    FROM seeking AS s
    INNER JOIN able AS a ON a.accountId = s.accountId AND a.teamId = s.teamId AND a.company = s.company
    GROUP BY s.lead_id
),

led AS (
    SELECT
        s.lead_id,
        first_value(s.lead_id) OVER (
            PARTITION BY s.accountId, s.teamId, s.company
            ORDER BY s.order_number
        ) AS leader_id
    FROM seeking AS s
    WHERE s.lead_id NOT IN (SELECT o.lead_id FROM owner AS o)
)

SELECT
    o.lead_id,
    o.assignedTo,
    o.leader_id
FROM owner AS o
UNION ALL
SELECT
    l.lead_id,
    NULL AS assignedTo,
    l.leader_id
FROM led AS l
WHERE l.lead_id <> l.leader_id;

UPDATE proposed_assignment
SET needs_turn = FALSE
FROM company_owner AS c
WHERE c.lead_id = proposed_assignment.lead_id;
