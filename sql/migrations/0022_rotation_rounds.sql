-- Purpose: keep who shared a turn once for all turns of a round. Written into every decision, the pools of a million leads
--   were half a gigabyte and two thirds of the time that deciding took.

-- Grain: one row per run of turns of a batch that the same members of a team shared. round numbers them in their batch;
--   turn_on is the team's day that the turns count for.
CREATE TABLE rotation_round (
    batch_id BIGINT NOT NULL,
    round BIGINT NOT NULL,
    pool JSON NOT NULL,
    turn_on DATE
);

INSERT INTO rotation_round
SELECT
    d.batch_id,
    row_number() OVER (PARTITION BY d.batch_id ORDER BY d.teamId, d.pool, d.turn_on) AS round,
    d.pool,
    d.turn_on
FROM (
    SELECT DISTINCT
        a.batch_id,
        a.teamId,
        a.pool,
        a.turn_on
    FROM assignment AS a
    WHERE a.pool IS NOT NULL
) AS d;

-- Grain: one row per decision on a lead's team, source and owner; round is NULL where nobody took a turn.
CREATE TABLE lead_assignment (
    batch_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    teamId BIGINT,
    leadSourceId BIGINT,
    assignedTo VARCHAR,
    team_rule VARCHAR NOT NULL,
    source_rule VARCHAR NOT NULL,
    owner_rule VARCHAR NOT NULL,
    round BIGINT,
    candidates JSON
);

INSERT INTO lead_assignment
SELECT
    a.batch_id,
    a.lead_id,
    a.teamId,
    a.leadSourceId,
    a.assignedTo,
    a.team_rule,
    a.source_rule,
    a.owner_rule,
    r.round,
    a.candidates
FROM assignment AS a
LEFT JOIN (
    SELECT
        w.batch_id,
        w.round,
        w.pool::VARCHAR AS pool,
        w.turn_on
    FROM rotation_round AS w
    QUALIFY row_number() OVER (PARTITION BY w.batch_id, w.pool::VARCHAR, w.turn_on ORDER BY w.round) = 1
) AS r ON r.batch_id = a.batch_id AND r.pool = a.pool::VARCHAR AND r.turn_on IS NOT DISTINCT FROM a.turn_on;

DROP TABLE assignment;

-- Grain: one row per decision on a lead's team, source and owner, with the members that shared the turn.
CREATE VIEW assignment AS
SELECT
    a.batch_id,
    a.lead_id,
    a.teamId,
    a.leadSourceId,
    a.assignedTo,
    a.team_rule,
    a.source_rule,
    a.owner_rule,
    r.pool,
    a.candidates,
    r.turn_on
FROM lead_assignment AS a
LEFT JOIN rotation_round AS r ON r.batch_id = a.batch_id AND r.round = a.round;
