-- Purpose: the team, source and owner that our own decisions give each touched lead (standing_decisions).
-- Grain: one row per touched lead that has decisions.
-- Reads: touched_lead, standing_decisions. Writes: standing_assignment. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE standing_assignment AS
SELECT
    d.lead_id,
    d.teamId.value AS teamId,
    d.leadSourceId.value AS leadSourceId,
    d.assignedTo.value AS assignedTo
FROM standing_decisions('touched_lead') AS d;
