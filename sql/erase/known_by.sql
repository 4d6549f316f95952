-- Purpose: by what the people who are to be erased would be known again.
-- Grain: one row per version and contact; kind and value NULL for a version without one. Parameters: none.
-- Reads: erased_record, record_contact, erased_contact. Writes: nothing. Caller: flows/erase.py.

SELECT DISTINCT
    r.feed,
    r.source_key,
    r.firstName,
    r.lastName,
    c.kind,
    c.value,
    coalesce(s.is_shared, FALSE) AS is_shared
FROM erased_record AS r
LEFT JOIN record_contact AS c ON c.record_id = r.record_id
LEFT JOIN erased_contact AS s ON s.kind = c.kind AND s.value = c.value
ORDER BY ALL;
