-- Purpose: the pairs that are weighed: the faces of the source records in candidate pairs.
-- Grain: one row per pair of faces. Reads: candidate_pair, face. Writes: face_pair. Caller: flows/steps/resolve.py.

CREATE OR REPLACE TEMP TABLE face_pair AS
SELECT
    a.face_id AS source_id,
    b.face_id AS other_source_id,
    p.node,
    p.other_node,
    p.tie,
    p.other_tie
FROM candidate_pair AS p
INNER JOIN face AS a ON a.source_id = p.source_id
INNER JOIN face AS b ON b.source_id = p.other_source_id;
