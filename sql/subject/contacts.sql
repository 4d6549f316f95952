-- Purpose: the addresses of a person, of all that was ever said of them.
-- Grain: one row per kind and value. Parameters: none. Reads: erased_record, record_contact. Writes: nothing.
-- Caller: flows/subject.py.

SELECT
    c.kind,
    c.value,
    string_agg(DISTINCT c.raw, '; ' ORDER BY c.raw) FILTER (WHERE c.raw <> c.value) AS written_as,
    string_agg(DISTINCT r.feed, ', ' ORDER BY r.feed) AS feeds
FROM record_contact AS c
INNER JOIN erased_record AS r ON r.record_id = c.record_id
GROUP BY c.kind, c.value
ORDER BY c.kind, c.value;
