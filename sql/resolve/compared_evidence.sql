-- Purpose: the evidence of the compared faces.
-- Grain: one row per face and evidence column. Parameters: none. Reads: face. Writes: nothing.
-- Caller: flows/steps/resolve.py.

WITH said AS (
    SELECT
        f.face_id,
        unnest(f.evidence) AS cell
    FROM face AS f
)

SELECT
    s.face_id,
    s.cell.key AS key,
    s.cell.kind AS kind,
    min(s.cell.value) AS value
FROM said AS s
GROUP BY ALL
ORDER BY s.cell.key, s.cell.kind, s.face_id;
