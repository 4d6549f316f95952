-- Purpose: what the rows of people that no lead exists of yet, or whose lead the batch brings into being once more, say of
--   team, source and owner: the first row that says it.
-- Grain: new_person one row per new person; source_spelling one row per name or alias of a lead source in use;
--   routed_person and routing_word empty, for what the rules of routing.toml decide.
-- Reads: staged_person, reinstated_person, staged_source, staged_version, staged_lead, used_lead_source.
-- Writes: new_person, source_spelling, routed_person, routing_word. Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE new_person AS
SELECT
    s.person,
    any_value(s.account_id) AS account_id,
    arg_min(l.teamId, v.row_number) AS given_team_id,
    arg_min(l.leadSourceId, v.row_number) AS given_source_id,
    arg_min(l.assignedTo, v.row_number) AS given_owner,
    arg_min(lower(l.source), v.row_number) AS source_spelling
FROM staged_person AS p
INNER JOIN staged_source AS s ON s.person = p.person
INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
INNER JOIN staged_lead AS l ON l.row_number = v.row_number
WHERE p.previous_lead_id IS NULL OR p.person IN (SELECT r.person FROM reinstated_person AS r)
GROUP BY s.person;

CREATE OR REPLACE TEMP TABLE source_spelling AS
SELECT DISTINCT
    s.teamId,
    lower(unnest(list_append(coalesce(s.aliases, []), s.name))) AS spelling,
    s.leadSourceId
FROM used_lead_source AS s
WHERE s.active;

CREATE OR REPLACE TEMP TABLE routed_person (
    person BIGINT NOT NULL,
    rule BIGINT,
    team_id BIGINT
);

-- What is told of a decision by rule: its name; with rule NULL, of a lead of which none held, all of them.
CREATE OR REPLACE TEMP TABLE routing_word (
    account_id VARCHAR NOT NULL,
    rule BIGINT,
    name VARCHAR,
    candidates VARCHAR
);
