-- Purpose: keep the reference data as last used.
-- Grain: as the reference files.
-- Reads: used_team, used_team_member, used_lead_source, used_user, used_stage. Writes: team, team_member, lead_source,
--   app_user, stage. Caller: flows/steps/load.py.

DELETE FROM team;

INSERT INTO team
SELECT
    t.teamId,
    t.accountId,
    t.name,
    t.fallback_owner,
    t.reentry,
    t.timezone,
    t.active
FROM used_team AS t;

DELETE FROM team_member;

INSERT INTO team_member
SELECT
    m.teamId,
    m.user,
    m.weight,
    m.daily_cap,
    m.open_cap,
    m.tier,
    m.position
FROM used_team_member AS m;

DELETE FROM lead_source;

INSERT INTO lead_source
SELECT
    s.leadSourceId,
    s.teamId,
    s.name,
    s.aliases,
    s.active
FROM used_lead_source AS s;

DELETE FROM app_user;

INSERT INTO app_user
SELECT
    u.user,
    u.name,
    u.active,
    u.working_days,
    u.accountId,
    u.id
FROM used_user AS u;

DELETE FROM stage;

INSERT INTO stage
SELECT
    s.processStage,
    s."order",
    s.kind
FROM used_stage AS s;
