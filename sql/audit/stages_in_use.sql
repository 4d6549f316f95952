-- Purpose: how many leads are in each stage.
-- Grain: one row per stage that leads are in. Parameters: none. Reads: lead. Writes: nothing.
-- Caller: flows/reference_check.py.

SELECT
    l.processStage,
    count(*) AS lead_count
FROM lead AS l
WHERE l.processStage IS NOT NULL
GROUP BY l.processStage
ORDER BY l.processStage;
