-- Purpose: faces of which no two are known to be of one person: of each lead one, drawn at random.
-- Grain: one row per lead, under the name of a compared record. Parameters: none. Reads: face, record_lead.
-- Writes: nothing. Caller: flows/training.py.

SELECT arg_min(f.face_id, hash(f.face_id)) AS unique_id
FROM face AS f
INNER JOIN record_lead AS l ON l.source_id = f.source_id
GROUP BY l.lead_id
ORDER BY unique_id;
