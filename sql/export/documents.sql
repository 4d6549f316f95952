-- Purpose: leads as the specification's documents, one JSON text each.
-- Grain: one row per lead of incoming, by id. Reads: incoming (lead_id), lead_documents. Writes: nothing.
-- Caller: flows/export.py.

SELECT
    d.id,
    to_json(d)::VARCHAR AS document
FROM lead_documents('incoming') AS d
ORDER BY d.id;
