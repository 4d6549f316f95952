-- Purpose: whose each compared face is today.
-- Grain: one row per face, under the name of a compared record. Parameters: none. Reads: face, record_lead.
-- Writes: nothing. Caller: flows/training.py.

SELECT
    f.face_id AS source_id,
    l.lead_id
FROM face AS f
INNER JOIN record_lead AS l ON l.source_id = f.source_id;
