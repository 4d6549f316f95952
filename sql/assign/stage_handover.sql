-- Purpose: the open leads of a user who hands them over, as if a batch had brought them; and the reference data without
--   that user, who takes no turn and steps in for nobody.
-- Grain: staged_person one row per lead, the oldest first; renamed_lead and staged_source are empty, as no record came.
-- Reads: incoming (user), lead, used_stage. Writes: staged_person, staged_source, renamed_lead, used_team_member, used_team.
-- Caller: flows/steps/assign.py.

CREATE OR REPLACE TEMP TABLE staged_person AS
SELECT
    l.id AS person,
    row_number() OVER (ORDER BY l.createdAt, l.id) AS first_row_number,
    l.id AS lead_id,
    l.id AS previous_lead_id
FROM lead AS l
LEFT JOIN used_stage AS s ON lower(s.processStage) = lower(l.processStage)
WHERE
    l.assignedTo = (SELECT i.user FROM incoming AS i)
    AND l.archived IS NOT TRUE
    AND l.missing_since IS NULL
    AND coalesce(s.kind, 'open') = 'open';

CREATE OR REPLACE TEMP TABLE staged_source (
    source_id BIGINT,
    node BIGINT,
    person BIGINT
);

CREATE OR REPLACE TEMP TABLE renamed_lead (
    alias_id BIGINT,
    lead_id BIGINT,
    reason VARCHAR
);

DELETE FROM used_team_member
WHERE user IN (SELECT i.user FROM incoming AS i);

UPDATE used_team
SET fallback_owner = NULL
WHERE fallback_owner IN (SELECT i.user FROM incoming AS i);
