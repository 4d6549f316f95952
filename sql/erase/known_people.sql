-- Purpose: by what the people of the warehouse are known, to find those of them who were erased elsewhere.
-- Grain: one row per lead, version and contact. Parameters: none. Reads: record_lead, record, record_contact. Writes: nothing.
-- Caller: flows/erase.py.

SELECT DISTINCT
    k.lead_id,
    r.feed,
    r.source_key,
    r.firstName,
    r.lastName,
    c.kind,
    c.value
FROM record_lead AS k
INNER JOIN record AS r ON r.source_id = k.source_id
LEFT JOIN record_contact AS c ON c.record_id = r.record_id
ORDER BY ALL;
